/** Offsets that go: on request (OffsetDelete, DeleteGroups), with their topic, and by age (KIP-211). */

import type { OffsetCommitValue } from '@odradek/protocol'
import type { CoordinatorRecord } from '../../runtime/outcome.ts'
import type { ClassicGroup } from '../classic/classic-group.ts'
import { consumerProtocolType, isSubscribedTo } from '../classic/subscription.ts'
import { offsetCommitTombstone } from '../group-records.ts'
import type { GroupState } from '../group-state.ts'
import { isForTopic } from './fetch.ts'

/** Offsets that transactions are about to commit included. */
export function allOffsetTombstones({ offsets, pending }: GroupState, groupId: string): CoordinatorRecord[] {
  const records: CoordinatorRecord[] = []
  for (const [topic, partitions] of offsets.group(groupId) ?? []) {
    for (const partition of partitions.keys()) records.push(offsetCommitTombstone(groupId, topic, partition))
  }
  for (const { topic, partition } of pending.partitionsOf(groupId)) {
    if (offsets.get(groupId, topic, partition) === undefined) records.push(offsetCommitTombstone(groupId, topic, partition))
  }
  return records
}

/** Offsets of all groups that were committed for a topic which is now deleted, and not for a newer one of that name. */
export function topicTombstones({ offsets }: GroupState, topic: string, topicId: string): CoordinatorRecord[] {
  const records: CoordinatorRecord[] = []
  for (const groupId of offsets.groupIds()) {
    for (const [partition, value] of offsets.group(groupId)?.get(topic) ?? []) {
      if (isForTopic(value, topicId)) records.push(offsetCommitTombstone(groupId, topic, partition))
    }
  }
  return records
}

/** Tombstones of the offsets that have outlived their retention, and whether any offset is left. None goes that a transaction is about to replace. */
export function expiredOffsets(
  { offsets, pending }: GroupState,
  group: ClassicGroup,
  nowMs: number,
  retentionMs: number,
): { records: CoordinatorRecord[]; noneLeft: boolean } {
  const records: CoordinatorRecord[] = []
  const topics = offsets.group(group.groupId)
  if (topics === undefined) return { records, noneLeft: !pending.hasGroup(group.groupId) }
  const base = retentionBase(group)
  if (base === undefined) return { records, noneLeft: false }
  let noneLeft = !pending.hasGroup(group.groupId)
  for (const [topic, partitions] of topics) {
    const subscribed = isSubscribedTo(group, topic)
    for (const [partition, value] of partitions) {
      const isKept = subscribed || pending.has(group.groupId, topic, partition)
      if (!isKept && hasExpired(value, base(value), nowMs, retentionMs))
        records.push(offsetCommitTombstone(group.groupId, topic, partition))
      else noneLeft = false
    }
  }
  return { records, noneLeft }
}

/** When an offset's retention begins; undefined while nothing of the group may expire. */
function retentionBase(group: ClassicGroup): ((value: OffsetCommitValue) => number) | undefined {
  const byCommit = (value: OffsetCommitValue): number => value.commitTimestamp
  if (group.protocolType === null) return byCommit
  if (group.state === 'Empty') return (value) => (group.stateTimestampMs === -1 ? value.commitTimestamp : group.stateTimestampMs)
  const knowsTopics = group.protocolType === consumerProtocolType && group.subscribedTopics !== null
  return knowsTopics && group.state === 'Stable' ? byCommit : undefined
}

function hasExpired(value: OffsetCommitValue, baseMs: number, nowMs: number, retentionMs: number): boolean {
  return value.expireTimestamp === -1 ? nowMs - baseMs >= retentionMs : nowMs >= value.expireTimestamp
}
