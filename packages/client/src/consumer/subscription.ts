/** What this consumer reads: its topics, its partitions and where it stands in each. */

import { StateError } from '../errors/kafka-error.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { FetchedPartition } from './fetched-partition.ts'

export type ResetTo = 'earliest' | 'latest'

export class AssignedPartition<K, V> implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** Offset of the next record to hand over; undefined until it is known. */
  position: number | undefined
  /** Epoch of the record before it; −1 when unknown. */
  positionEpoch = -1
  /** Asked for by a seek, or by an offset out of range. */
  resetTo: ResetTo | undefined
  isPaused = false
  /** Fetched and not handed over, in order: the one being read, and the one after it. */
  readonly chunks: FetchedPartition<K, V>[] = []
  /** Size of the last chunk that came. */
  lastChunkBytes = 0
  /** The last fetch found nothing new. */
  isAtEnd = false
  /** As of the last fetch; −1 before. */
  highWatermark = -1
  lastStableOffset = -1
  /** Monotonic time before which nothing is fetched, after a failure. */
  notBeforeMs = 0
  failures = 0

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
  }

  /** Where the next fetch goes on; undefined until the position is known. */
  get fetchOffset(): number | undefined {
    return this.chunks[this.chunks.length - 1]?.endOffset ?? this.position
  }

  get bufferedBytes(): number {
    let bytes = 0
    for (const chunk of this.chunks) bytes += chunk.remainingBytes
    return bytes
  }

  /** What was fetched for another position is dropped. */
  seek(offset: number, leaderEpoch = -1): void {
    this.#forgetFetched()
    this.position = offset
    this.positionEpoch = leaderEpoch
    this.resetTo = undefined
  }

  reset(to: ResetTo): void {
    this.#forgetFetched()
    this.position = undefined
    this.positionEpoch = -1
    this.resetTo = to
  }

  #forgetFetched(): void {
    this.chunks.length = 0
    this.lastChunkBytes = 0
    this.isAtEnd = false
  }
}

type Mode = 'none' | 'topics' | 'partitions'

export class Subscription<K, V> {
  topics: readonly string[] = []
  #mode: Mode = 'none'
  #assigned: ReadonlyMap<string, AssignedPartition<K, V>> = new Map()

  get mode(): Mode {
    return this.#mode
  }

  get assigned(): readonly AssignedPartition<K, V>[] {
    return [...this.#assigned.values()]
  }

  get size(): number {
    return this.#assigned.size
  }

  values(): Iterable<AssignedPartition<K, V>> {
    return this.#assigned.values()
  }

  find({ topic, partition }: TopicPartition): AssignedPartition<K, V> | undefined {
    return this.#assigned.get(partitionKey(topic, partition))
  }

  /** Throws StateError when the partition is not this consumer's. */
  get(partition: TopicPartition): AssignedPartition<K, V> {
    const assigned = this.find(partition)
    if (assigned === undefined) throw new StateError(`${partition.topic}-${partition.partition} is not assigned to this consumer`)
    return assigned
  }

  /** Those named, or all. Throws StateError. */
  select(partitions: readonly TopicPartition[] | undefined): readonly AssignedPartition<K, V>[] {
    return partitions === undefined ? this.assigned : partitions.map((partition) => this.get(partition))
  }

  /** Throws StateError after `assign()`. */
  setTopics(topics: readonly string[]): void {
    if (this.#mode === 'partitions') throw new StateError('assign() and subscribe() exclude each other; unsubscribe() first')
    this.#mode = 'topics'
    this.topics = [...new Set(topics)]
  }

  /** Throws StateError after `subscribe()`. */
  setPartitions(partitions: readonly TopicPartition[]): void {
    if (this.#mode === 'topics') throw new StateError('subscribe() and assign() exclude each other; unsubscribe() first')
    this.#mode = 'partitions'
    this.adopt(partitions)
  }

  clear(): void {
    this.#mode = 'none'
    this.topics = []
    this.#assigned = new Map()
  }

  /** These partitions from now on; those kept stand where they stood. */
  adopt(partitions: readonly TopicPartition[]): void {
    this.#assigned = new Map(
      partitions.map((partition): [string, AssignedPartition<K, V>] => [
        partitionKey(partition.topic, partition.partition),
        this.find(partition) ?? new AssignedPartition<K, V>(partition),
      ]),
    )
  }
}
