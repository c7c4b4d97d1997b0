/** OffsetFetch: committed offsets of some or all partitions of a group. */

import { ErrorCodes, type OffsetCommitValue } from '@odradek/protocol'
import type { GroupState } from '../group-state.ts'

/** The zero uuid: no topic id is known or asked for. */
export const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

export interface FetchTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

export interface FetchedPartition {
  readonly partitionIndex: number
  /** −1 where nothing is committed. */
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

export interface FetchedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly FetchedPartition[]
}

/** A commit for a topic of that name that has been deleted since does not count for the one that was created anew. */
export function fetchOffsets(
  { offsets, pending }: GroupState,
  groupId: string,
  topics: readonly FetchTopic[],
  requireStable: boolean,
): FetchedTopic[] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => {
      if (requireStable && pending.has(groupId, name, partitionIndex)) return unstable(partitionIndex)
      const value = offsets.get(groupId, name, partitionIndex)
      return fetched(partitionIndex, value !== undefined && isForTopic(value, topicId) ? value : undefined)
    }),
  }))
}

export function fetchAllOffsets({ offsets, pending }: GroupState, groupId: string, requireStable: boolean): FetchedTopic[] {
  const topics: FetchedTopic[] = []
  for (const [name, partitions] of offsets.group(groupId) ?? []) {
    let topicId = noTopicId
    for (const value of partitions.values()) if (value.topicId !== noTopicId) topicId = value.topicId
    const isUnstable = (partition: number): boolean => requireStable && pending.has(groupId, name, partition)
    const answers = Array.from(partitions, ([partition, value]) =>
      isUnstable(partition) ? unstable(partition) : fetched(partition, value),
    )
    topics.push({ name, topicId, partitions: answers })
  }
  return topics
}

export function isForTopic(value: OffsetCommitValue, topicId: string): boolean {
  return value.topicId === noTopicId || topicId === noTopicId || value.topicId === topicId
}

/** A transaction is about to decide what is committed. */
function unstable(partitionIndex: number): FetchedPartition {
  return { ...fetched(partitionIndex, undefined), errorCode: ErrorCodes.UNSTABLE_OFFSET_COMMIT }
}

function fetched(partitionIndex: number, value: OffsetCommitValue | undefined): FetchedPartition {
  return {
    partitionIndex,
    committedOffset: value?.offset ?? -1,
    committedLeaderEpoch: value?.leaderEpoch ?? -1,
    metadata: value?.metadata ?? '',
    errorCode: ErrorCodes.NONE,
  }
}
