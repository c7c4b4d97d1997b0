/** Administration of transactional ids: which there are, what they are doing, and fencing the producers that use them. */

import { describeTransactions, ErrorCodes, initProducerId, listTransactions, transactionStates } from '@odradek/protocol'
import type { DescribeTransactionsResponseTransactionState } from '@odradek/protocol'
import { retryUntil } from '../cluster/retry.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { ConfigError } from '../errors/kafka-error.ts'
import type { CoordinatorCalls } from './per-resource.ts'
import { deadlineOf, forEachId } from './per-resource.ts'
import type { FencedProducer, TransactionDescription, TransactionFilter, TransactionListing, TransactionState } from './types.ts'

export class TransactionAdmin {
  readonly #calls: CoordinatorCalls

  constructor(calls: CoordinatorCalls) {
    this.#calls = calls
  }

  async list(filter: TransactionFilter): Promise<TransactionListing[]> {
    const { cluster } = this.#calls
    const answers = await retryUntil(cluster, deadlineOf(this.#calls), 'listTransactions', async () => {
      await cluster.fetchMetadata([], false)
      return Promise.all([...cluster.metadata.nodes.keys()].map((nodeId) => this.#listOf(nodeId, filter)))
    })
    return answers.flat().sort((left, right) => (left.transactionalId < right.transactionalId ? -1 : 1))
  }

  describe(transactionalIds: readonly string[]): Promise<TransactionDescription[]> {
    return this.#forEach('describeTransactions', transactionalIds, async (transactionalId, nodeId) => {
      const response = await this.#calls.cluster.request(nodeId, describeTransactions, { transactionalIds: [transactionalId] })
      const found = response.transactionStates[0]
      const errorCode = found?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR
      if (found === undefined || errorCode !== ErrorCodes.NONE)
        throw brokerError(errorCode, `Cannot describe transactional id '${transactionalId}'`)
      return describe(found, nodeId)
    })
  }

  /** Asks for the id as its next producer would, which ends what the one before has open and lets it write no more. */
  fence(transactionalIds: readonly string[]): Promise<FencedProducer[]> {
    return this.#forEach('fenceProducers', transactionalIds, async (transactionalId, nodeId) => {
      const { errorCode, producerId, producerEpoch } = await this.#calls.cluster.request(nodeId, initProducerId, {
        transactionalId,
        transactionTimeoutMs: this.#calls.cluster.config.requestTimeoutMs,
      })
      if (errorCode !== ErrorCodes.NONE) throw brokerError(errorCode, `Cannot fence the producers of transactional id '${transactionalId}'`)
      return { transactionalId, producerId, producerEpoch }
    })
  }

  async #listOf(nodeId: number, filter: TransactionFilter): Promise<TransactionListing[]> {
    const response = await this.#calls.cluster.request(nodeId, listTransactions, {
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
    ask: (transactionalId: string, nodeId: number) => Promise<T>,
  ): Promise<T[]> {
    const { coordinators } = this.#calls
    return forEachId(this.#calls, what, transactionalIds, (transactionalId) =>
      coordinators.askTransaction(transactionalId, (nodeId) => ask(transactionalId, nodeId)),
    )
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
