/** What a broker's answer to a fetch means for each partition: records, a new leader, a closer replica, another offset, or a pause. */

import type { FetchResponse, FetchResponsePartitionData } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { partitionKey } from '../topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import type { FetchRetries } from './fetch-retries.ts'
import type { DecodeOptions } from './fetched-partition.ts'
import { FetchedPartition } from './fetched-partition.ts'
import type { ResetTo } from './offset-reset.ts'
import type { Subscription } from './subscription.ts'

export interface FetchAnswersOptions<K, V> {
  readonly cluster: Cluster
  readonly config: ConsumerValues
  readonly subscription: Subscription<K, V>
  readonly decode: DecodeOptions<K, V>
  readonly metrics: ConsumerMetrics
  readonly retries: FetchRetries
  /** Undefined: an offset out of range is an error. */
  readonly offsetReset: ResetTo | undefined
  readonly onChunk: (partition: AssignedPartition<K, V>, chunk: FetchedPartition<K, V>) => void
  readonly onError: (error: unknown) => void
}

/** A partition as it was asked for, and of whom. */
export interface AskedOf<K, V> {
  readonly partition: AssignedPartition<K, V>
  readonly offset: number
  readonly leaderEpoch: number
  readonly nodeId: number
}

export class FetchAnswers<K, V> {
  readonly #options: FetchAnswersOptions<K, V>

  constructor(options: FetchAnswersOptions<K, V>) {
    this.#options = options
  }

  /** In a session, partitions about which there is nothing new are not in the answer. */
  async onResponse(asked: readonly AskedOf<K, V>[], topicNames: ReadonlyMap<string, string>, response: FetchResponse): Promise<void> {
    const answers = new Map<string, FetchResponsePartitionData>()
    let isEmpty = true
    for (const { topic, topicId, partitions } of response.responses) {
      const name = topic === '' ? (topicNames.get(topicId) ?? '') : topic
      for (const data of partitions) {
        answers.set(partitionKey(name, data.partitionIndex), data)
        if (data.records !== null && data.records.length > 0) isEmpty = false
      }
    }
    for (const each of asked) {
      const { partition, offset } = each
      // Gone to another member, or sought elsewhere, while the request was under way.
      if (this.#options.subscription.find(partition) !== partition || partition.fetchOffset !== offset) continue
      const data = answers.get(partitionKey(partition.topic, partition.partition))
      if (data !== undefined && data.errorCode !== ErrorCodes.NONE) this.#onError(each, data, response)
      else await this.#onData(each, data, isEmpty)
    }
  }

  async #onData(asked: AskedOf<K, V>, data: FetchResponsePartitionData | undefined, answerIsEmpty: boolean): Promise<void> {
    const { decode, metrics, cluster, config, onChunk } = this.#options
    const { partition, offset } = asked
    partition.failures = 0
    partition.validatedEpoch = asked.leaderEpoch
    if (data !== undefined) {
      partition.highWatermark = data.highWatermark
      partition.lastStableOffset = data.lastStableOffset
      if (data.preferredReadReplica >= 0 && data.preferredReadReplica !== asked.nodeId) {
        partition.preferReplica(data.preferredReadReplica, cluster.nowMs() + cluster.config.metadataMaxAgeMs)
        return
      }
    }
    if (data === undefined || data.records === null || data.records.length === 0) {
      // An answer that is full has no room for all that there is.
      partition.isAtEnd = answerIsEmpty || offset >= partition.endOffset(config.isolationLevel)
      return
    }
    partition.isAtEnd = false
    const chunk = new FetchedPartition<K, V>(partition.topic, data, offset, decode)
    metrics.onChunk(partition, chunk.sizeBytes, data.logStartOffset)
    for (const name of chunk.codecs) if (cluster.runtime.codecs.loaded(name) === undefined) await cluster.runtime.codecs.load(name)
    if (partition.fetchOffset !== offset) return
    partition.lastChunkBytes = chunk.sizeBytes
    partition.chunks.push(chunk)
    onChunk(partition, chunk)
  }

  #onError(asked: AskedOf<K, V>, { errorCode, currentLeader }: FetchResponsePartitionData, { nodeEndpoints }: FetchResponse): void {
    const { cluster, retries, onError } = this.#options
    const { partition, nodeId } = asked
    const { topic, partition: index } = partition
    const isReplica = cluster.metadata.leader(topic, index)?.id !== nodeId
    partition.preferLeader()
    if (cluster.metadata.learnLeader(topic, index, currentLeader, nodeEndpoints)) return
    if (errorCode === ErrorCodes.OFFSET_OUT_OF_RANGE) {
      // A replica may lag behind, or be ahead in what it has deleted: its leader knows.
      if (!isReplica) this.#onOutOfRange(partition, errorCode)
      return
    }
    retries.backOff(partition)
    const action = brokerErrorAction(errorCode)
    if (action === 'refresh-metadata') retries.refreshMetadata()
    else if (action !== 'retry') onError(brokerError(errorCode, `Cannot fetch ${topic}-${index}`))
  }

  #onOutOfRange(partition: AssignedPartition<K, V>, errorCode: number): void {
    const { offsetReset, retries, onError } = this.#options
    if (offsetReset !== undefined) {
      partition.reset(offsetReset)
      return
    }
    retries.backOff(partition)
    const place = `${partition.topic}-${partition.partition}`
    onError(
      new KafkaError('NO_OFFSET', `Offset ${partition.position} of ${place} is out of range and auto.offset.reset is none; seek`, {
        cause: brokerError(errorCode, `Cannot fetch ${place}`),
      }),
    )
  }
}
