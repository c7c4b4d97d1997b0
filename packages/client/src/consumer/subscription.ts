/** What this consumer reads: its topics and its partitions. */

import { StateError } from '../errors/kafka-error.ts'
import type { SeekPosition, TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import { AssignedPartition } from './assigned-partition.ts'
import type { ResetTo } from './offset-reset.ts'

type Mode = 'none' | 'topics' | 'partitions'

export class Subscription<K, V> {
  topics: readonly string[] = []
  readonly #onChange: () => void
  #mode: Mode = 'none'
  #assigned: ReadonlyMap<string, AssignedPartition<K, V>> = new Map()

  /** `onChange`: partitions have come or gone, or been paused, resumed or sought; what was taken from them may be void. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

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
    this.#onChange()
  }

  /** These partitions from now on; those kept stand where they stood. */
  adopt(partitions: readonly TopicPartition[]): void {
    this.#assigned = new Map(
      partitions.map((partition): [string, AssignedPartition<K, V>] => [
        partitionKey(partition.topic, partition.partition),
        this.find(partition) ?? new AssignedPartition<K, V>(partition),
      ]),
    )
    this.#onChange()
  }

  /** As the application asks. Throws StateError. */
  seek(position: SeekPosition): void {
    const partition = this.get(position)
    partition.seek(position.offset, position.leaderEpoch)
    partition.isFresh = true
    this.#onChange()
  }

  /** As `seek`, of those named or all. */
  reset(partitions: readonly TopicPartition[] | undefined, to: ResetTo): void {
    for (const partition of this.select(partitions)) {
      partition.reset(to)
      partition.isFresh = true
    }
    this.#onChange()
  }

  /** Throws StateError. */
  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    for (const partition of this.select(partitions)) partition.isPaused = isPaused
    this.#onChange()
  }
}
