/** The committed offsets of all groups of one shard. */

import type { OffsetCommitValue } from '@odradek/protocol'

export interface StoredOffset extends OffsetCommitValue {
  /** Offset in the log of the record that says so. */
  readonly recordOffset: number
}

/** By partition. */
export type TopicOffsets = ReadonlyMap<number, StoredOffset>
/** By topic name. */
export type GroupOffsets = ReadonlyMap<string, TopicOffsets>

export class OffsetStore {
  readonly #groups = new Map<string, Map<string, Map<number, StoredOffset>>>()
  #size = 0

  /** Offsets of all groups. */
  get size(): number {
    return this.#size
  }

  group(groupId: string): GroupOffsets | undefined {
    return this.#groups.get(groupId)
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  get(groupId: string, topic: string, partition: number): StoredOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  put(groupId: string, topic: string, partition: number, value: StoredOffset): void {
    const topics = this.#groups.get(groupId) ?? new Map<string, Map<number, StoredOffset>>()
    const partitions = topics.get(topic) ?? new Map<number, StoredOffset>()
    if (!partitions.has(partition)) this.#size++
    this.#groups.set(groupId, topics.set(topic, partitions.set(partition, value)))
  }

  remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    if (topics === undefined || partitions === undefined) return
    if (partitions.delete(partition)) this.#size--
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(groupId)
  }
}
