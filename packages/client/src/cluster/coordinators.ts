/** Which node coordinates a group or a transactional id. */

import { ErrorCodes, findCoordinator } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { Cluster } from './cluster.ts'

interface Kind {
  readonly keyType: number
  readonly noun: string
}

const group: Kind = { keyType: 0, noun: 'group' }
const transaction: Kind = { keyType: 1, noun: 'transactional id' }

export class Coordinators {
  readonly #cluster: Cluster
  readonly #nodeByGroup = new Map<string, number>()
  readonly #nodeByTransactionalId = new Map<string, number>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The cached node, else one that a broker names. Rejects with BrokerError COORDINATOR_NOT_AVAILABLE while there is none. */
  group(groupId: string): Promise<number> {
    return this.#find(group, this.#nodeByGroup, groupId)
  }

  /** As `group`, for a transactional id. */
  transaction(transactionalId: string): Promise<number> {
    return this.#find(transaction, this.#nodeByTransactionalId, transactionalId)
  }

  /** The next look-up asks again. */
  forget(groupId: string): void {
    this.#nodeByGroup.delete(groupId)
  }

  /** The next look-up asks again. */
  forgetTransaction(transactionalId: string): void {
    this.#nodeByTransactionalId.delete(transactionalId)
  }

  async #find({ keyType, noun }: Kind, cache: Map<string, number>, key: string): Promise<number> {
    const cached = cache.get(key)
    if (cached !== undefined && this.#cluster.metadata.nodes.has(cached)) return cached
    const response = await this.#cluster.requestAny(findCoordinator, { keyType, coordinatorKeys: [key] })
    const coordinator = response.coordinators[0]
    const errorCode = coordinator?.errorCode ?? ErrorCodes.COORDINATOR_NOT_AVAILABLE
    if (coordinator === undefined || errorCode !== ErrorCodes.NONE) {
      throw brokerError(errorCode, `Cannot find the coordinator of ${noun} '${key}'`, coordinator?.errorMessage)
    }
    if (!this.#cluster.metadata.nodes.has(coordinator.nodeId)) await this.#cluster.fetchMetadata([], false)
    cache.set(key, coordinator.nodeId)
    return coordinator.nodeId
  }
}
