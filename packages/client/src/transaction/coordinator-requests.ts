/** What a transactional producer asks of coordinators: each request is made again until it is answered for good. */

import type { EndTxnResponse, InitProducerIdResponse, TxnOffsetCommitRequestInput } from '@odradek/protocol'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeTransactions,
  endTxn,
  ErrorCodes,
  initProducerId,
  txnOffsetCommit,
} from '@odradek/protocol'
import { backoffMs, sleep } from '../cluster/backoff.ts'
import { topicsToCommit } from '../cluster/offsets-to-commit.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Coordinators } from '../cluster/coordinators.ts'
import type { ConsumerGroupMetadata } from '../consumer/types.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { OffsetToCommit, TopicPartition } from '../topic-partition.ts'

/** The markers of the last transaction are being written: that is soon done, and `retry.backoff.ms` would be long. */
export const CONCURRENT_RETRY_MS = 20
/** From here on EndTxn is of the second protocol: partitions join with what is written to them, and every end brings a new epoch (KIP-890). */
const SECOND_PROTOCOL_SINCE = 5

export interface ProducerIdAndEpoch {
  readonly producerId: number
  readonly epoch: number
}

export interface CoordinatorRequestsOptions {
  readonly cluster: Cluster
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** What ends all attempts: the producer is closed. */
  readonly stoppedBy: () => KafkaError | undefined
}

export class CoordinatorRequests {
  /** What the coordinator speaks, as of its last answer about a whole transaction. */
  isSecondProtocol = false
  /** Why the last attempt was made again. */
  lastError: KafkaError | undefined
  readonly #options: CoordinatorRequestsOptions
  readonly #coordinators: Coordinators

  constructor(options: CoordinatorRequestsOptions) {
    this.#options = options
    this.#coordinators = new Coordinators(options.cluster)
  }

  /** `current` is told for a new epoch of the same id (KIP-360); without it the first one there is to come. */
  initProducerId(current: ProducerIdAndEpoch | undefined): Promise<InitProducerIdResponse> {
    const { transactionalId, transactionTimeoutMs } = this.#options
    const message = { transactionalId, transactionTimeoutMs, producerId: current?.producerId ?? -1, producerEpoch: current?.epoch ?? -1 }
    return this.#ofTransaction(async (nodeId) => {
      const connection = await this.#options.cluster.connectionTo(nodeId)
      const response = await connection.send(initProducerId, message)
      this.#check(response.errorCode, 'initialise')
      this.isSecondProtocol = connection.version(endTxn) >= SECOND_PROTOCOL_SINCE
      return response
    })
  }

  /** The first protocol's way to tell where records will go. */
  addPartitions(producer: ProducerIdAndEpoch, partitions: readonly TopicPartition[]): Promise<void> {
    const topics = new Map<string, number[]>()
    for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
    const message = {
      v3AndBelowTransactionalId: this.#options.transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.epoch,
      v3AndBelowTopics: [...topics].map(([name, indexes]) => ({ name, partitions: indexes })),
    }
    return this.#ofTransaction(async (nodeId) => {
      const { resultsByTopicV3AndBelow: results } = await this.#options.cluster.request(nodeId, addPartitionsToTxn, message)
      const failed = results.flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.flatMap(({ partitionIndex, partitionErrorCode }) =>
          partitionErrorCode === ErrorCodes.NONE ? [] : [{ place: `${name}-${partitionIndex}`, errorCode: partitionErrorCode }],
        ),
      )
      // Where one partition is refused the others are not attempted.
      const culprit = failed.find(({ errorCode }) => errorCode !== ErrorCodes.OPERATION_NOT_ATTEMPTED) ?? failed[0]
      if (culprit !== undefined) this.#check(culprit.errorCode, `write to ${culprit.place} in`)
    })
  }

  /** The first protocol's way to tell which group's offsets will come. */
  addOffsets(producer: ProducerIdAndEpoch, groupId: string): Promise<void> {
    const { transactionalId, cluster } = this.#options
    const message = { transactionalId, producerId: producer.producerId, producerEpoch: producer.epoch, groupId }
    return this.#ofTransaction(async (nodeId) => {
      const { errorCode } = await cluster.request(nodeId, addOffsetsToTxn, message)
      this.#check(errorCode, `commit offsets of group '${groupId}' in`)
    })
  }

  /** `stoppedBy` ends the attempts. */
  commitOffsets(
    producer: ProducerIdAndEpoch,
    offsets: readonly OffsetToCommit[],
    group: ConsumerGroupMetadata,
    stoppedBy: () => KafkaError | undefined,
  ): Promise<void> {
    const { cluster } = this.#options
    const message = this.#offsetsMessage(producer, offsets, group)
    return this.#untilAnswered(stoppedBy, () =>
      this.#coordinators.askGroup(group.groupId, async (nodeId) => {
        const { topics } = await cluster.request(nodeId, txnOffsetCommit, message)
        for (const { name, partitions } of topics)
          for (const { partitionIndex, errorCode } of partitions)
            this.#check(errorCode, `commit the offset of ${name}-${partitionIndex} in`)
      }),
    )
  }

  /** The answer holds a new id and epoch in the second protocol, −1 in the first. */
  endTransaction(producer: ProducerIdAndEpoch, committed: boolean): Promise<EndTxnResponse> {
    const { transactionalId, cluster } = this.#options
    const message = { transactionalId, producerId: producer.producerId, producerEpoch: producer.epoch, committed }
    return this.#ofTransaction(async (nodeId) => {
      const connection = await cluster.connectionTo(nodeId)
      const response = await connection.send(endTxn, message)
      this.#check(response.errorCode, committed ? 'commit' : 'abort')
      this.isSecondProtocol = connection.version(endTxn) >= SECOND_PROTOCOL_SINCE
      return response
    })
  }

  /** Whether the markers of a transaction are still being written. Asked once. */
  async isEnding(): Promise<boolean> {
    const { transactionalId, cluster } = this.#options
    const nodeId = await this.#coordinators.transaction(transactionalId)
    const { transactionStates: states } = await cluster.request(nodeId, describeTransactions, { transactionalIds: [transactionalId] })
    return states[0]?.transactionState === 'PrepareCommit' || states[0]?.transactionState === 'PrepareAbort'
  }

  #ofTransaction<T>(ask: (nodeId: number) => Promise<T>): Promise<T> {
    const { transactionalId, stoppedBy } = this.#options
    return this.#untilAnswered(stoppedBy, () => this.#coordinators.askTransaction(transactionalId, ask))
  }

  async #untilAnswered<T>(stoppedBy: () => KafkaError | undefined, attempt: () => Promise<T>): Promise<T> {
    const { clock, random } = this.#options.cluster.runtime
    const { retryBackoffMs, retryBackoffMaxMs } = this.#options.cluster.config
    for (let failures = 0; ; failures++) {
      const stop = this.#options.stoppedBy() ?? stoppedBy()
      if (stop !== undefined) throw stop
      let limitMs = Number.POSITIVE_INFINITY
      try {
        const answer = await attempt()
        this.lastError = undefined
        return answer
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable) throw error
        this.lastError = error
        if (error.code === 'CONCURRENT_TRANSACTIONS') limitMs = CONCURRENT_RETRY_MS
      }
      await sleep(clock, Math.min(limitMs, backoffMs(retryBackoffMs, retryBackoffMaxMs, failures, random)))
    }
  }

  #check(errorCode: number, verb: string): void {
    if (errorCode !== ErrorCodes.NONE) throw brokerError(errorCode, `Cannot ${verb} the transaction of '${this.#options.transactionalId}'`)
  }

  #offsetsMessage(
    { producerId, epoch }: ProducerIdAndEpoch,
    offsets: readonly OffsetToCommit[],
    { groupId, generationId, memberId, groupInstanceId }: ConsumerGroupMetadata,
  ): TxnOffsetCommitRequestInput {
    return {
      transactionalId: this.#options.transactionalId,
      producerId,
      producerEpoch: epoch,
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      topics: topicsToCommit(offsets),
    }
  }
}
