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
import type { CoordinatorRecord } from '../runtime/outcome.ts'
import { OffsetStore } from './offsets/offset-store.ts'

export class GroupState {
  readonly offsets: OffsetStore = new OffsetStore()
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

  replay({ key, value }: CoordinatorRecord): void {
    switch (recordTypeOf(key)) {
      case legacyOffsetCommitKey.type:
        this.#replayOffset(legacyOffsetCommitKey.decode(key), value)
        break
      case offsetCommitKey.type:
        this.#replayOffset(offsetCommitKey.decode(key), value)
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

  #replayOffset({ group, topic, partition }: OffsetCommitKey, value: Buffer | null): void {
    if (value === null) this.offsets.remove(group, topic, partition)
    else this.offsets.put(group, topic, partition, offsetCommitValue.decode(value))
  }
}
