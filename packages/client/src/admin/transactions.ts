/** Administration of transactional ids: which there are, what they are doing, and fencing the producers that use them. */

import { describeTransactions, ErrorCodes, initProducerId, listTransactions, transactionStates } from '@odradek/protocol'
import type { DescribeTransactionsResponseTransactionState } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import { retryUntil } from '../cluster/retry.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { ConfigError, type KafkaError } from '../errors/kafka-error.ts'
import type { Outcome } from './per-resource.ts'
import { forEachResource } from './per-resource.ts'
import type { FencedProducer, TransactionDescription, TransactionFilter, TransactionListing, TransactionState } from './types.ts'

export class TransactionAdmin {
  readonly #cluster: Cluster
  readonly #coordinators: Coordinators
  readonly #timeoutMs: number

  constructor(cluster: Cluster, coordinators: Coordinators, timeoutMs: number) {
    this.#cluster = cluster
    this.#coordinators = coordinators
    this.#timeoutMs = timeoutMs
  }

  async list(filter: TransactionFilter): Promise<TransactionListing[]> {
    const answers = await retryUntil(this.#cluster, this.#deadlineMs(), 'listTransactions', async () => {
      await this.#cluster.fetchMetadata([], false)
      return Promise.all([...this.#cluster.metadata.nodes.keys()].map((nodeId) => this.#listOf(nodeId, filter)))
    })
    return answers.flat().sort((left, right) => (left.transactionalId < right.transactionalId ? -1 : 1))
  }

  describe(transactionalIds: readonly string[]): Promise<TransactionDescription[]> {
    return this.#forEach('describeTransactions', transactionalIds, async (transactionalId, nodeId) => {
      const response = await this.#cluster.request(nodeId, describeTransactions, { transactionalIds: [transactionalId] })
      const found = response.transactionStates[0]
      const errorCode = found?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR
      if (found === undefined || errorCode !== ErrorCodes.NONE) {
        return { error: this.#failure(transactionalId, errorCode, `Cannot describe transactional id '${transactionalId}'`) }
      }
      return { value: describe(found, nodeId) }
    })
  }

  /** Asks for the id as its next producer would, which ends what the one before has open and lets it write no more. */
  fence(transactionalIds: readonly string[]): Promise<FencedProducer[]> {
    return this.#forEach('fenceProducers', transactionalIds, async (transactionalId, nodeId) => {
      const { errorCode, producerId, producerEpoch } = await this.#cluster.request(nodeId, initProducerId, {
        transactionalId,
        transactionTimeoutMs: this.#cluster.config.requestTimeoutMs,
      })
      if (errorCode === ErrorCodes.NONE) return { value: { transactionalId, producerId, producerEpoch } }
      return { error: this.#failure(transactionalId, errorCode, `Cannot fence the producers of transactional id '${transactionalId}'`) }
    })
  }

  async #listOf(nodeId: number, filter: TransactionFilter): Promise<TransactionListing[]> {
    const response = await this.#cluster.request(nodeId, listTransactions, {
      stateFilters: filter.states ?? [],
      producerIdFilters: filter.producerIds ?? [],
      durationFilter: filter.runningLongerThanMs ?? -1,
      transactionalIdPattern: filter.transactionalIdPattern ?? null,
    })
    if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, `Cannot list the transactions of node ${nodeId}`)
    const unknown = response.unknownStateFilters[0]
    if (unknown !== undefined) throw new ConfigError(`'${unknown}' is not a state that node ${nodeId} knows transactions to be in`)
    return response.transactionStates.map(({ transactionalId, producerId, transactionState }) => ({
      transactionalId,
      producerId,
      state: toState(transactionState),
      coordinatorId: nodeId,
    }))
  }

  #forEach<T>(
    what: string,
    transactionalIds: readonly string[],
    ask: (transactionalId: string, nodeId: number) => Promise<Outcome<T>>,
  ): Promise<T[]> {
    const nameOf = (transactionalId: string): string => transactionalId
    return forEachResource(this.#cluster, this.#deadlineMs(), what, transactionalIds, nameOf, async (pending) => {
      const asking = pending.map(async (transactionalId): Promise<[string, Outcome<T>]> => {
        return [transactionalId, await ask(transactionalId, await this.#coordinators.transaction(transactionalId))]
      })
      return new Map(await Promise.all(asking))
    })
  }

  #failure(transactionalId: string, errorCode: number, what: string): KafkaError {
    if (brokerErrorAction(errorCode) === 'find-coordinator') this.#coordinators.forgetTransaction(transactionalId)
    return brokerError(errorCode, what)
  }

  #deadlineMs(): number {
    return this.#cluster.nowMs() + this.#timeoutMs
  }
}

function describe(found: DescribeTransactionsResponseTransactionState, coordinatorId: number): TransactionDescription {
  const { transactionalId, producerId, producerEpoch, transactionTimeoutMs, transactionStartTimeMs, topics } = found
  return {
    transactionalId,
    coordinatorId,
    state: toState(found.transactionState),
    producerId,
    producerEpoch,
    timeoutMs: transactionTimeoutMs,
    startTimestampMs: transactionStartTimeMs,
    partitions: topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
  }
}

function toState(name: string): TransactionState {
  return transactionStates.find((state) => state === name) ?? 'Unknown'
}
