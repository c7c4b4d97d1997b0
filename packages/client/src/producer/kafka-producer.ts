/** The producer: takes records, finds their partitions, hands them to the accumulator; the sender does the rest. */

import type { Cluster } from '../cluster/cluster.ts'
import { withDeadline } from '../cluster/deadline.ts'
import { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ProducerValues } from '../config/producer.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { KafkaError, StateError, TimeoutError } from '../errors/kafka-error.ts'
import type { MetricValue } from '../metrics/registry.ts'
import { partitionInfos } from '../cluster/partition-infos.ts'
import type { Serializer } from '../serde/serde.ts'
import type { PartitionInfo } from '../topic-partition.ts'
import { ErrorCodes } from '@odradek/protocol'
import { Accumulator } from './accumulator.ts'
import { Deliveries } from './deliveries.ts'
import type { Partitioner } from './partitioner.ts'
import { PartitionChooser } from './partition-chooser.ts'
import type { BatchObserver, ProducerBatch } from './producer-batch.ts'
import { ProducerIdentity } from './producer-id.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { RecordEncoder } from './record-encoder.ts'
import { Sender } from './sender.ts'
import { SentBatchCollector } from './sent-batch.ts'
import { StickyPartition } from './sticky.ts'
import { toKafkaError } from './to-kafka-error.ts'
import type { BlockedRecord } from './topic-lane.ts'
import { TopicLane } from './topic-lane.ts'
import type { CloseOptions, Producer, ProducerRecord, RecordMetadata, SentBatch } from './types.ts'

export interface KafkaProducerOptions<K, V> {
  readonly cluster: Cluster
  readonly config: ProducerValues
  readonly metrics: ProducerMetrics
  readonly key: Serializer<K> | undefined
  readonly value: Serializer<V> | undefined
  readonly partitioner: Partitioner<K, V> | undefined
  readonly idempotent: boolean
  readonly onClose: () => void
}

export class KafkaProducer<K, V> implements Producer<K, V> {
  readonly #options: KafkaProducerOptions<K, V>
  readonly #cluster: Cluster
  readonly #topics: TopicsOfInterest
  readonly #accumulator: Accumulator
  readonly #deliveries: Deliveries
  readonly #sender: Sender
  readonly #encoder: RecordEncoder<K, V>
  readonly #chooser: PartitionChooser<K, V>
  readonly #lanes = new Map<string, TopicLane<K, V>>()
  #lastLane: TopicLane<K, V> | undefined
  #memoryWaiters: (() => void)[] = []
  #ended: KafkaError | undefined
  #closing: Promise<void> | undefined

  constructor(options: KafkaProducerOptions<K, V>) {
    const { cluster, config, metrics } = options
    this.#options = options
    this.#cluster = cluster
    this.#topics = new TopicsOfInterest(cluster, { allowAutoTopicCreation: true })
    this.#topics.onRefresh(() => this.#onMetadata())
    this.#accumulator = new Accumulator({
      batchSizeBytes: Math.max(config.batchSize, 1),
      bufferMemoryBytes: config.bufferMemory,
      nowMs: () => cluster.nowMs(),
      onBatch: () => {
        this.#deliveries.watch()
        this.#sender.wake()
      },
    })
    metrics.watchMemory(config.bufferMemory, () => this.#accumulator.availableBytes)
    const identity = options.idempotent ? new ProducerIdentity(cluster) : undefined
    const shared = { cluster, topics: this.#topics, config, accumulator: this.#accumulator, identity }
    const onFatal = (error: unknown): void => this.#end(error)
    this.#deliveries = new Deliveries({ ...shared, metrics, onChange: () => this.#onProgress(), onFatal })
    this.#sender = new Sender({ ...shared, deliveries: this.#deliveries, onFatal })
    this.#encoder = new RecordEncoder({
      key: options.key,
      value: options.value,
      maxRequestBytes: config.maxRequestSize,
      bufferMemoryBytes: config.bufferMemory,
    })
    this.#chooser = new PartitionChooser({
      partitioner: options.partitioner,
      roundRobin: config.partitionerClass === 'round-robin',
      ignoreKeys: config.partitionerIgnoreKeys,
    })
  }

  send(record: ProducerRecord<K, V>): Promise<RecordMetadata> {
    const lane = this.#lane(record.topic)
    if (lane.isClear && this.#ended === undefined) {
      try {
        const batch = this.#append(lane, record)
        if (batch !== undefined) return batch.promiseLast()
      } catch (error) {
        return Promise.reject(toKafkaError(error))
      }
    }
    return new Promise((resolve, reject) => {
      this.#block(lane, record, (batch) => batch.settleLast(resolve), reject)
    })
  }

  sendBatch(records: readonly ProducerRecord<K, V>[]): Promise<SentBatch> {
    const collector = new SentBatchCollector(records.length)
    for (let index = 0; index < records.length; index++) this.#sendOfBatch(records[index] as ProducerRecord<K, V>, index, collector)
    return collector.promise
  }

  async flush(): Promise<void> {
    this.#sender.hurry++
    try {
      this.#sender.wake()
      const lanes = [...this.#lanes.values()].filter((lane) => !lane.isIdle)
      await Promise.all(lanes.map((lane) => lane.emptied()))
      await this.#settled()
    } finally {
      this.#sender.hurry--
    }
  }

  async partitionsFor(topic: string): Promise<readonly PartitionInfo[]> {
    this.#checkOpen()
    return partitionInfos(await this.#topics.topic(topic, this.#cluster.nowMs() + this.#options.config.maxBlockMs))
  }

  metrics(): readonly MetricValue[] {
    return this.#options.metrics.registry.read()
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number | undefined): Promise<void> {
    const flushed = this.flush()
    try {
      if (timeoutMs === undefined) await flushed
      else await withDeadline(this.#cluster.runtime.clock, flushed, this.#cluster.nowMs() + timeoutMs, 'close')
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    } finally {
      this.#end(new StateError('The producer is closed', 'CLOSED'))
      this.#topics.close()
      this.#sender.close()
      this.#cluster.close()
      this.#options.onClose()
    }
  }

  #sendOfBatch(record: ProducerRecord<K, V>, index: number, collector: SentBatchCollector): void {
    const lane = this.#lane(record.topic)
    if (lane.isClear && this.#ended === undefined) {
      try {
        const batch = this.#append(lane, record)
        if (batch !== undefined) {
          collector.place(index, batch)
          return
        }
      } catch (error) {
        collector.refuse(index, toKafkaError(error))
        return
      }
    }
    this.#block(
      lane,
      record,
      (batch) => collector.place(index, batch),
      (error) => collector.refuse(index, error),
    )
  }

  #block(
    lane: TopicLane<K, V>,
    record: ProducerRecord<K, V>,
    onAppended: BlockedRecord<K, V>['onAppended'],
    onRefused: BlockedRecord<K, V>['onRefused'],
  ): void {
    if (this.#ended !== undefined) {
      onRefused(this.#ended)
      return
    }
    lane.block({ record, deadlineMs: this.#cluster.nowMs() + this.#options.config.maxBlockMs, onAppended, onRefused })
  }

  /** The batch that took the record; undefined when there is no memory. Throws what refuses it. */
  #append(lane: TopicLane<K, V>, record: ProducerRecord<K, V>): ProducerBatch | undefined {
    const { metadata } = lane
    if (metadata === undefined) return undefined
    lane.isUsed = true
    const encoder = this.#encoder
    encoder.encode(record)
    const { key, value, headers, maxBytes } = encoder
    let partition = record.partition ?? this.#chooser.byKey(record, key, metadata)
    const isSticky = partition === -1
    if (isSticky) partition = this.#stickyPartition(lane, maxBytes)
    else if (!(partition >= 0 && partition < metadata.partitions.length))
      throw unknownPartition(record.topic, partition, metadata.partitions.length)
    const queue = this.#accumulator.queue(lane.topic, partition)
    const timestampMs = record.timestamp ?? this.#cluster.runtime.clock.nowMs()
    const batch = this.#accumulator.append(queue, timestampMs, key, value, headers, maxBytes)
    if (isSticky && batch !== undefined) lane.sticky.sent(maxBytes)
    return batch
  }

  #stickyPartition(lane: TopicLane<K, V>, maxBytes: number): number {
    const { metadata, sticky } = lane
    const available = metadata?.available ?? []
    const count = metadata?.partitions.length ?? 1
    const chosen = sticky.choose(available, count)
    if (!this.#accumulator.isFull(this.#accumulator.queue(lane.topic, chosen), maxBytes)) return chosen
    this.#accumulator.close(this.#accumulator.queue(lane.topic, chosen))
    sticky.rotate()
    return sticky.choose(available, count)
  }

  #lane(topic: string): TopicLane<K, V> {
    const last = this.#lastLane
    if (last !== undefined && last.topic === topic) return last
    let lane = this.#lanes.get(topic)
    if (lane === undefined) {
      lane = new TopicLane(topic, new StickyPartition(this.#cluster.runtime.random, this.#options.config.batchSize), {
        awaitMetadata: (name, deadlineMs) => this.#topics.topic(name, deadlineMs),
        awaitMemory: (deadlineMs) => this.#awaitMemory(deadlineMs),
        append: (target, record) => this.#append(target, record),
      })
      this.#lanes.set(topic, lane)
    }
    this.#lastLane = lane
    return lane
  }

  #awaitMemory(deadlineMs: number): Promise<void> {
    this.#sender.hurry++
    this.#sender.wake()
    const freed = new Promise<void>((resolve) => {
      this.#memoryWaiters.push(resolve)
    })
    const { bufferMemory, maxBlockMs } = this.#options.config
    const message = `No room in buffer.memory (${bufferMemory} bytes) within max.block.ms (${maxBlockMs} ms)`
    const waited = this.#options.metrics.whileWaiting(withDeadline(this.#cluster.runtime.clock, freed, deadlineMs, message))
    return waited.finally(() => this.#sender.hurry--)
  }

  #onProgress(): void {
    this.#sender.wake()
    if (this.#memoryWaiters.length === 0) return
    const waiters = this.#memoryWaiters
    this.#memoryWaiters = []
    for (const wake of waiters) wake()
  }

  #onMetadata(): void {
    this.#forgetIdleTopics()
    for (const lane of this.#lanes.values()) {
      const fresh = this.#cluster.metadata.topic(lane.topic)
      // A topic that has an error now may be back soon: until then what is known of it stands.
      if (fresh !== undefined && fresh.errorCode === ErrorCodes.NONE && fresh.partitions.length > 0) lane.metadata = fresh
    }
    this.#sender.wake()
  }

  /** `metadata.max.idle.ms`: a topic without a record since the last look is dropped; it comes back with its next record. */
  #forgetIdleTopics(): void {
    const now = this.#cluster.nowMs()
    for (const lane of this.#lanes.values()) {
      if (lane.isUsed || !lane.isIdle) this.#topics.touch(lane.topic, now)
      lane.isUsed = false
    }
    for (const topic of this.#topics.forgetUnused(now - this.#options.config.metadataMaxIdleMs)) {
      if (this.#lanes.get(topic)?.isIdle === true) this.#lanes.delete(topic)
      if (this.#lastLane?.topic === topic) this.#lastLane = undefined
      this.#accumulator.forget(topic)
    }
  }

  /** Resolves when all batches that exist now are settled. */
  #settled(): Promise<void> {
    return new Promise((resolve) => {
      let left = 1
      const observer: BatchObserver = {
        onBatchSettled: () => {
          if (--left === 0) resolve()
        },
      }
      for (const queue of this.#accumulator.active) {
        for (const batch of [...queue.inFlight, ...queue.waiting]) {
          left++
          batch.observe(observer)
        }
      }
      observer.onBatchSettled()
    })
  }

  /** No record is taken from here on, and those that are under way fail. */
  #end(reason: unknown): void {
    if (this.#ended !== undefined) return
    const error = reason instanceof KafkaError ? reason : new KafkaError('STATE', 'The producer has failed', { cause: reason, fatal: true })
    this.#ended = error
    for (const lane of this.#lanes.values()) lane.refuseAll(error)
    this.#deliveries.failAll(error)
    this.#onProgress()
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended
  }
}

function unknownPartition(topic: string, partition: number, count: number): KafkaError {
  return brokerError(
    ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    `Topic '${topic}' has ${count} partitions`,
    `there is no partition ${partition}`,
  )
}
