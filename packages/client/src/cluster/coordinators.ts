/** Which node coordinates a group or a transactional id. */

import { ErrorCodes, findCoordinator } from '@odradek/protocol'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { BrokerError, ConnectionError, TimeoutError } from '../errors/kafka-error.ts'
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

  /** What the group's coordinator answers. Where the error is that it may be elsewhere, the next look-up asks again. */
  async askGroup<T>(groupId: string, ask: (nodeId: number) => Promise<T>): Promise<T> {
    try {
      return await ask(await this.group(groupId))
    } catch (error) {
      if (isMisplaced(error)) this.forget(groupId)
      throw error
    }
  }

  /** As `askGroup`, for a transactional id. */
  async askTransaction<T>(transactionalId: string, ask: (nodeId: number) => Promise<T>): Promise<T> {
    try {
      return await ask(await this.transaction(transactionalId))
    } catch (error) {
      if (isMisplaced(error)) this.#nodeByTransactionalId.delete(transactionalId)
      throw error
    }
  }

  /** The next look-up asks again. */
  forget(groupId: string): void {
    this.#nodeByGroup.delete(groupId)
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

/** Whether the coordinator may be elsewhere. */
function isMisplaced(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true
  return error instanceof BrokerError && brokerErrorAction(error.errorCode) === 'find-coordinator'
}
