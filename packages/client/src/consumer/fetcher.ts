/** Fetches ahead of the application: one request under way a broker, for the partitions that have nothing left to hand over. */

import type { FetchRequestInput, FetchResponsePartitionData } from '@odradek/protocol'
import { ErrorCodes, fetch } from '@odradek/protocol'
import { backoffMs } from '../cluster/backoff.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import { partitionKey } from '../topic-partition.ts'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import type { DecodeOptions } from './fetched-partition.ts'
import { FetchedPartition } from './fetched-partition.ts'
import type { Asked } from './fetch-plan.ts'
import { FetchPlan } from './fetch-plan.ts'
import type { AssignedPartition, Subscription } from './subscription.ts'
import type { ConsumerRecord } from './types.ts'

export interface FetcherOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ConsumerValues
  readonly subscription: Subscription<K, V>
  readonly decode: DecodeOptions<K, V>
  readonly metrics: ConsumerMetrics
  /** Records have come, or something else that a waiting poll wants to know. */
  readonly onChange: () => void
  /** For the next poll to throw. */
  readonly onError: (error: unknown) => void
}

interface Ready<K, V> {
  readonly partition: AssignedPartition<K, V>
  readonly chunk: FetchedPartition<K, V>
}

export class Fetcher<K, V> {
  readonly #options: FetcherOptions<K, V>
  readonly #busyNodes = new Set<number>()
  /** Chunks in the order in which they came. */
  readonly #ready: Ready<K, V>[] = []
  #isRefreshing = false

  constructor(options: FetcherOptions<K, V>) {
    this.#options = options
  }

  /** Asks for what can be asked for now; returns the monotonic time to come back at. */
  pump(): number {
    const { cluster, subscription } = this.#options
    const now = cluster.nowMs()
    const plans = new Map<number, FetchPlan<K, V>>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const partition of subscription.values()) {
      if (partition.fetchOffset === undefined || partition.isPaused) continue
      if (partition.notBeforeMs > now) {
        wakeAtMs = Math.min(wakeAtMs, partition.notBeforeMs)
        continue
      }
      const leader = cluster.metadata.leader(partition.topic, partition.partition)
      if (leader === undefined) {
        this.#backOff(partition)
        this.#refreshMetadata()
        wakeAtMs = Math.min(wakeAtMs, partition.notBeforeMs)
      } else if (!this.#busyNodes.has(leader.id)) {
        let plan = plans.get(leader.id)
        if (plan === undefined) plans.set(leader.id, (plan = new FetchPlan()))
        plan.consider(partition)
      }
    }
    for (const [nodeId, plan] of plans) if (plan.isDue) void this.#fetch(nodeId, plan)
    return wakeAtMs
  }

  /** Up to `max` records, in the order in which they came. Throws ProtocolError on corrupt data, unless there are records before it. */
  collect(max: number): ConsumerRecord<K, V>[] {
    const records: ConsumerRecord<K, V>[] = []
    for (let index = 0; index < this.#ready.length && records.length < max; ) {
      const { partition, chunk } = this.#ready[index] as Ready<K, V>
      if (partition.chunks[0] !== chunk || this.#options.subscription.find(partition) !== partition) {
        this.#ready.splice(index, 1)
      } else if (partition.isPaused) {
        index++
      } else if (!this.#take(partition, chunk, max, records)) {
        this.#ready.splice(index, 1)
      }
    }
    return records
  }

  /** False when the chunk has been read to its end. */
  #take(partition: AssignedPartition<K, V>, chunk: FetchedPartition<K, V>, max: number, records: ConsumerRecord<K, V>[]): boolean {
    const before = records.length
    try {
      const isLeft = chunk.take(max - records.length, records)
      if (!isLeft) partition.chunks.shift()
      return isLeft
    } catch (error) {
      if (records.length === 0) throw error
      return true
    } finally {
      partition.position = chunk.nextOffset
      if (chunk.leaderEpoch >= 0) partition.positionEpoch = chunk.leaderEpoch
      this.#options.metrics.onTaken(partition, records.length - before)
    }
  }

  async #fetch(nodeId: number, plan: FetchPlan<K, V>): Promise<void> {
    const { cluster, onChange, onError } = this.#options
    const asked = plan.take()
    this.#busyNodes.add(nodeId)
    try {
      const connection = cluster.openConnection(nodeId, 'fetch') ?? (await cluster.connectionTo(nodeId, 'fetch'))
      const response = await connection.send(
        fetch,
        this.#request(asked, plan.mayWait),
        cluster.config.requestTimeoutMs + this.#options.config.fetchMaxWaitMs,
      )
      if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, `Cannot fetch from node ${nodeId}`)
      const byKey = new Map(asked.map((each) => [partitionKey(each.partition.topic, each.partition.partition), each]))
      for (const { topic, partitions } of response.responses) {
        for (const data of partitions) {
          const each = byKey.get(partitionKey(topic, data.partitionIndex))
          if (each !== undefined) await this.#onPartition(each, data)
        }
      }
    } catch (error) {
      this.#onFailure(asked, error)
    } finally {
      this.#busyNodes.delete(nodeId)
    }
    if (cluster.isClosed) return
    try {
      onChange()
      this.pump()
    } catch (error) {
      onError(error)
    }
  }

  #request(asked: readonly Asked<K, V>[], mayWait: boolean): FetchRequestInput {
    const { config, cluster } = this.#options
    const byTopic = new Map<string, Asked<K, V>[]>()
    for (const each of asked) {
      const { topic } = each.partition
      const partitions = byTopic.get(topic)
      if (partitions === undefined) byTopic.set(topic, [each])
      else partitions.push(each)
    }
    return {
      maxWaitMs: mayWait ? config.fetchMaxWaitMs : 0,
      minBytes: config.fetchMinBytes,
      maxBytes: config.fetchMaxBytes,
      isolationLevel: config.isolationLevel === 'read_committed' ? 1 : 0,
      rackId: config.clientRack,
      topics: [...byTopic].map(([topic, each]) => ({
        topic,
        partitions: each.map(({ partition, offset }) => ({
          partition: partition.partition,
          currentLeaderEpoch: cluster.metadata.topic(topic)?.partitions[partition.partition]?.leaderEpoch ?? -1,
          fetchOffset: offset,
          partitionMaxBytes: config.maxPartitionFetchBytes,
        })),
      })),
    }
  }

  async #onPartition({ partition, offset }: Asked<K, V>, data: FetchResponsePartitionData): Promise<void> {
    const { subscription, decode, metrics, cluster } = this.#options
    // Gone to another member, or sought elsewhere, while the request was under way.
    if (subscription.find(partition) !== partition || partition.fetchOffset !== offset) return
    if (data.errorCode !== ErrorCodes.NONE) {
      this.#onPartitionError(partition, data.errorCode)
      return
    }
    partition.failures = 0
    partition.highWatermark = data.highWatermark
    partition.lastStableOffset = data.lastStableOffset
    partition.isAtEnd = data.records === null || data.records.length === 0
    if (partition.isAtEnd) return
    const chunk = new FetchedPartition<K, V>(partition.topic, data, offset, decode)
    metrics.onChunk(partition, chunk.sizeBytes, data.logStartOffset)
    for (const name of chunk.codecs) if (cluster.runtime.codecs.loaded(name) === undefined) await cluster.runtime.codecs.load(name)
    if (partition.fetchOffset !== offset) return
    partition.lastChunkBytes = chunk.sizeBytes
    partition.chunks.push(chunk)
    this.#ready.push({ partition, chunk })
  }

  #onPartitionError(partition: AssignedPartition<K, V>, errorCode: number): void {
    const { config, onError } = this.#options
    const error = brokerError(errorCode, `Cannot fetch ${partition.topic}-${partition.partition}`)
    if (errorCode === ErrorCodes.OFFSET_OUT_OF_RANGE) {
      if (config.autoOffsetReset !== 'none') partition.reset(config.autoOffsetReset)
      else
        onError(
          new KafkaError(
            'NO_OFFSET',
            `Offset ${partition.position} of ${partition.topic}-${partition.partition} is out of range and auto.offset.reset is none; seek`,
            { cause: error },
          ),
        )
      if (config.autoOffsetReset === 'none') this.#backOff(partition)
      return
    }
    this.#backOff(partition)
    const action = brokerErrorAction(errorCode)
    if (action === 'refresh-metadata') this.#refreshMetadata()
    else if (action !== 'retry') onError(error)
  }

  #onFailure(asked: readonly Asked<K, V>[], error: unknown): void {
    if (this.#options.cluster.isClosed) return
    for (const { partition } of asked) this.#backOff(partition)
    if (error instanceof KafkaError && error.retriable) this.#refreshMetadata()
    else this.#options.onError(error)
  }

  #backOff(partition: AssignedPartition<K, V>): void {
    const { cluster } = this.#options
    const { retryBackoffMs, retryBackoffMaxMs } = cluster.config
    partition.notBeforeMs = cluster.nowMs() + backoffMs(retryBackoffMs, retryBackoffMaxMs, partition.failures++, cluster.runtime.random)
  }

  #refreshMetadata(): void {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    this.#options.topics
      .refresh()
      // Asked for again when the next fetch fails.
      .catch(() => undefined)
      .finally(() => {
        this.#isRefreshing = false
        this.#options.onChange()
      })
  }
}
