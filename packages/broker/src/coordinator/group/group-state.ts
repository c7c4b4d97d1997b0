/** The hard state of a shard of __consumer_offsets: what its log says, no more and no less. Only `replay` changes it. */

import {
  type GroupMetadataValue,
  groupMetadataKey,
  groupMetadataValue,
  legacyOffsetCommitKey,
  type OffsetCommitKey,
  offsetCommitKey,
  offsetCommitValue,
  recordTypeOf,
} from '@odradek/protocol'
import type { CoordinatorRecord, RecordPlace } from '../runtime/outcome.ts'
import { OffsetStore } from './offsets/offset-store.ts'
import { PendingOffsets } from './offsets/pending-offsets.ts'

export class GroupState {
  readonly offsets: OffsetStore = new OffsetStore()
  /** Those of transactions that have not ended. */
  readonly pending: PendingOffsets = new PendingOffsets()
  readonly #groups = new Map<string, GroupMetadataValue>()

  /** The stored metadata of classic groups, by group id. */
  get groups(): ReadonlyMap<string, GroupMetadataValue> {
    return this.#groups
  }

  /** Whether the log knows of the group: by its metadata or by an offset (a simple group). */
  has(groupId: string): boolean {
    return this.#groups.has(groupId) || this.offsets.group(groupId) !== undefined
  }

  groupIds(): Set<string> {
    return new Set([...this.#groups.keys(), ...this.offsets.groupIds()])
  }

  replay({ key, value }: CoordinatorRecord, place: RecordPlace): void {
    switch (recordTypeOf(key)) {
      case legacyOffsetCommitKey.type:
        this.#replayOffset(legacyOffsetCommitKey.decode(key), value, place)
        break
      case offsetCommitKey.type:
        this.#replayOffset(offsetCommitKey.decode(key), value, place)
        break
      case groupMetadataKey.type: {
        const { group } = groupMetadataKey.decode(key)
        if (value === null) this.#groups.delete(group)
        else this.#groups.set(group, groupMetadataValue.decode(value))
        break
      }
      default:
      // Groups of protocols that are not served here stay in the log as they are.
    }
  }

  /** What a transaction has committed counts unless a later commit has come in between. */
  replayEnd(producerId: number, isCommitted: boolean): void {
    const ended = this.pending.take(producerId)
    if (ended === undefined || !isCommitted) return
    for (const group of ended.groupIds()) {
      for (const [topic, partitions] of ended.group(group) ?? []) {
        for (const [partition, value] of partitions) {
          const known = this.offsets.get(group, topic, partition)
          if (known === undefined || known.recordOffset < value.recordOffset) this.offsets.put(group, topic, partition, value)
        }
      }
    }
  }

  #replayOffset({ group, topic, partition }: OffsetCommitKey, value: Buffer | null, { offset, producerId }: RecordPlace): void {
    if (value === null) {
      this.offsets.remove(group, topic, partition)
      this.pending.remove(group, topic, partition)
      return
    }
    const stored = { ...offsetCommitValue.decode(value), recordOffset: offset }
    if (producerId < 0) this.offsets.put(group, topic, partition, stored)
    else this.pending.put(producerId, group, topic, partition, stored)
  }
}
