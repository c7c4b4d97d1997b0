/** The records of __consumer_offsets that this coordinator writes and reads, in the versions that Kafka 4.3 writes. */

import {
  type GroupMetadataValueInput,
  groupMetadataKey,
  groupMetadataValue,
  type OffsetCommitValueInput,
  offsetCommitKey,
  offsetCommitValue,
} from '@odradek/protocol'
import type { CoordinatorRecord } from '../runtime/outcome.ts'

const groupMetadataVersion = 3
const offsetCommitVersion = 4
/** The only version with an expiry of its own: commits that ask for a retention time (OffsetCommit 2–4). */
const offsetCommitWithExpiryVersion = 1

export function groupMetadataRecord(group: string, value: GroupMetadataValueInput): CoordinatorRecord {
  return { key: groupMetadataKey.encode({ group }), value: groupMetadataValue.encode(value, groupMetadataVersion) }
}

export function groupMetadataTombstone(group: string): CoordinatorRecord {
  return { key: groupMetadataKey.encode({ group }), value: null }
}

export function offsetCommitRecord(group: string, topic: string, partition: number, value: OffsetCommitValueInput): CoordinatorRecord {
  const version = (value.expireTimestamp ?? -1) === -1 ? offsetCommitVersion : offsetCommitWithExpiryVersion
  return { key: offsetCommitKey.encode({ group, topic, partition }), value: offsetCommitValue.encode(value, version) }
}

export function offsetCommitTombstone(group: string, topic: string, partition: number): CoordinatorRecord {
  return { key: offsetCommitKey.encode({ group, topic, partition }), value: null }
}
