/** Which node coordinates a group or a transactional id. */

import { ErrorCodes, findCoordinator } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { Cluster } from './cluster.ts'

const GROUP_KEY_TYPE = 0

export class Coordinators {
  readonly #cluster: Cluster
  readonly #nodeByGroup = new Map<string, number>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The cached node, else one that a broker names. Rejects with BrokerError COORDINATOR_NOT_AVAILABLE while there is none. */
  async group(groupId: string): Promise<number> {
    const cached = this.#nodeByGroup.get(groupId)
    if (cached !== undefined && this.#cluster.metadata.nodes.has(cached)) return cached
    const response = await this.#cluster.requestAny(findCoordinator, { keyType: GROUP_KEY_TYPE, coordinatorKeys: [groupId] })
    const coordinator = response.coordinators[0]
    const errorCode = coordinator?.errorCode ?? ErrorCodes.COORDINATOR_NOT_AVAILABLE
    if (coordinator === undefined || errorCode !== ErrorCodes.NONE) {
      throw brokerError(errorCode, `Cannot find the coordinator of group '${groupId}'`, coordinator?.errorMessage)
    }
    if (!this.#cluster.metadata.nodes.has(coordinator.nodeId)) await this.#cluster.fetchMetadata([], false)
    this.#nodeByGroup.set(groupId, coordinator.nodeId)
    return coordinator.nodeId
  }

  /** The next look-up asks again. */
  forget(groupId: string): void {
    this.#nodeByGroup.delete(groupId)
  }
}
