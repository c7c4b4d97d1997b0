/** The way of a record to its batch: serialised, its partition chosen, appended; or it waits for what it lacks, in order. */

import type { Cluster } from '../cluster/cluster.ts'
import { withDeadline } from '../cluster/deadline.ts'
import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ProducerValues } from '../config/producer.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { Serializer } from '../serde/serde.ts'
import type { Accumulator } from './accumulator.ts'
import type { HeldRecord, LateBytes } from './held-record.ts'
import { owned, ownedHeaders } from './held-record.ts'
import type { Partitioner } from './partitioner.ts'
import { Placement } from './placement.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerMetrics } from './producer-metrics.ts'
import { RecordEncoder } from './record-encoder.ts'
import type { Sender } from './sender.ts'
import type { BlockedRecord } from './topic-lane.ts'
import { TopicLane } from './topic-lane.ts'
import { TopicLanes } from './topic-lanes.ts'
import type { ProducerRecord } from './types.ts'

export interface RecordIntakeOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ProducerValues
  readonly accumulator: Accumulator
  readonly sender: Sender
  readonly metrics: ProducerMetrics
  readonly key: Serializer<K> | undefined
  readonly value: Serializer<V> | undefined
  readonly partitioner: Partitioner<K, V> | undefined
}

export class RecordIntake<K, V> {
  readonly #options: RecordIntakeOptions<K, V>
  readonly #encoder: RecordEncoder<K, V>
  readonly #placement: Placement<K, V>
  readonly #lanes: TopicLanes<K, V>
  #memoryWaiters: (() => void)[] = []

  constructor(options: RecordIntakeOptions<K, V>) {
    const { cluster, topics, config, accumulator, sender, key, value } = options
    this.#options = options
    this.#encoder = new RecordEncoder({ key, value, maxRequestBytes: config.maxRequestSize, bufferMemoryBytes: config.bufferMemory })
    this.#placement = new Placement({ ...options, stalledMs: (nodeId) => sender.stalledMs(nodeId) })
    this.#lanes = new TopicLanes({
      cluster,
      topics,
      metadataMaxIdleMs: config.metadataMaxIdleMs,
      create: (topic, partition, onIdle) => this.#createLane(topic, partition, onIdle),
      isBusy: (topic) => accumulator.isBusy(topic),
      onForgotten: (topic) => accumulator.forget(topic),
    })
    topics.onRefresh(() => this.#lanes.onMetadata())
  }

  /** The batch that took the record, or the record as it has to wait, for `block`. Throws what refuses it. */
  take(record: ProducerRecord<K, V>): ProducerBatch | HeldRecord<K, V> {
    const lane = this.#lanes.lane(record.topic)
    const { metadata } = lane
    const encoder = this.#encoder
    const late = encoder.encode(record)
    const timestampMs = record.timestamp ?? this.#options.cluster.runtime.clock.nowMs()
    let partition = record.partition ?? undefined
    if (late === undefined && metadata !== undefined) {
      partition ??= this.#placement.choose(record, encoder.key, metadata)
      if (lane.isIdle && !this.#lanes.isMissing(record.topic, metadata, partition)) {
        const batch = this.#append(lane, metadata, partition, timestampMs)
        if (batch !== undefined) return batch
      }
    }
    return this.#hold(record, late, partition, timestampMs)
  }

  /** Up to `max.block.ms`, and for its serializers up to `delivery.timeout.ms`. */
  block(held: HeldRecord<K, V>, onAppended: BlockedRecord<K, V>['onAppended'], onRefused: BlockedRecord<K, V>['onRefused']): void {
    const { maxBlockMs, deliveryTimeoutMs } = this.#options.config
    const now = this.#options.cluster.nowMs()
    const lane = this.#lanes.lane(held.topic)
    lane.block({ held, deadlineMs: now + maxBlockMs, lateDeadlineMs: now + deliveryTimeoutMs, onAppended, onRefused })
  }

  /** Resolves when none of the records that wait now does any more. */
  drained(): Promise<void> {
    return this.#lanes.drained()
  }

  /** Refuses all that wait. */
  refuseAll(error: KafkaError): void {
    this.#lanes.refuseAll(error)
  }

  /** There may be room in `buffer.memory` again. */
  onMemory(): void {
    if (this.#memoryWaiters.length === 0) return
    const waiters = this.#memoryWaiters
    this.#memoryWaiters = []
    for (const wake of waiters) wake()
  }

  /** The record that the encoder holds, unless it is late, in memory of its own. */
  #hold(record: ProducerRecord<K, V>, late: LateBytes | undefined, partition: number | undefined, timestampMs: number): HeldRecord<K, V> {
    const { headers, key, value } = this.#encoder
    return {
      topic: record.topic,
      partition,
      timestampMs,
      headers: headers === undefined ? undefined : ownedHeaders(headers),
      late,
      key: late === undefined ? owned(key) : null,
      value: late === undefined ? owned(value) : null,
      sourceKey: record.key,
      sourceValue: partition === undefined && this.#options.partitioner !== undefined ? record.value : null,
    }
  }

  /** Puts a record that has waited into a batch, or among those that wait for its partition; false when there is no memory. */
  #appendBlocked(lane: TopicLane<K, V>, metadata: TopicMetadata, blocked: BlockedRecord<K, V>, isAside: boolean): boolean {
    const { held } = blocked
    this.#encoder.take(held)
    const { topic, sourceKey, sourceValue } = held
    held.partition ??= this.#placement.choose({ topic, key: sourceKey, value: sourceValue }, this.#encoder.key, metadata)
    if (!isAside && this.#lanes.isMissing(topic, metadata, held.partition)) {
      this.#lanes.aside(held.topic, held.partition).block(blocked)
      return true
    }
    const batch = this.#append(lane, metadata, held.partition, held.timestampMs)
    if (batch !== undefined) blocked.onAppended(batch)
    return batch !== undefined
  }

  /** The batch that took the record which the encoder holds; undefined when there is no memory. */
  #append(lane: TopicLane<K, V>, metadata: TopicMetadata, partition: number, timestampMs: number): ProducerBatch | undefined {
    const { sticky } = lane
    lane.isUsed = true
    const queue = this.#placement.queue(partition, this.#encoder, metadata, sticky)
    const batch = this.#options.accumulator.append(queue, timestampMs, this.#encoder)
    if (batch !== undefined && queue.partition === sticky.current) sticky.sent(batch.lastRecordBytes)
    return batch
  }

  /** `partition`: of the records that wait for it to be there. */
  #createLane(topic: string, partition: number | undefined, onIdle: (() => void) | undefined): TopicLane<K, V> {
    const { cluster, topics, config } = this.#options
    const isAside = partition !== undefined
    const lateness = `The serializer has not answered within delivery.timeout.ms (${config.deliveryTimeoutMs} ms)`
    return new TopicLane(topic, isAside ? this.#lanes.lane(topic).sticky : this.#placement.sticky(topic), {
      awaitMetadata: (deadlineMs) => topics.topic(topic, deadlineMs, partition),
      awaitMemory: (deadlineMs) => this.#awaitMemory(deadlineMs),
      awaitBytes: (settled, deadlineMs) => withDeadline(cluster.runtime.clock, settled, deadlineMs, lateness),
      append: (lane, metadata, blocked) => this.#appendBlocked(lane, metadata, blocked, isAside),
      onIdle,
      nowMs: () => cluster.nowMs(),
    })
  }

  #awaitMemory(deadlineMs: number): Promise<void> {
    const { cluster, sender, metrics, config } = this.#options
    sender.hurry++
    sender.wake()
    const freed = new Promise<void>((resolve) => {
      this.#memoryWaiters.push(resolve)
    })
    const message = `No room in buffer.memory (${config.bufferMemory} bytes) within max.block.ms (${config.maxBlockMs} ms)`
    const waited = metrics.whileWaiting(withDeadline(cluster.runtime.clock, freed, deadlineMs, message))
    return waited.finally(() => sender.hurry--)
  }
}
