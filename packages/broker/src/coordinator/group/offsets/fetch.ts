/** OffsetFetch: committed offsets of some or all partitions of a group. */

import { ErrorCodes, type OffsetCommitValue } from '@odradek/protocol'
import type { OffsetStore } from './offset-store.ts'

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
export function fetchOffsets(offsets: OffsetStore, groupId: string, topics: readonly FetchTopic[]): FetchedTopic[] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => {
      const value = offsets.get(groupId, name, partitionIndex)
      return fetched(partitionIndex, value !== undefined && isForTopic(value, topicId) ? value : undefined)
    }),
  }))
}

export function fetchAllOffsets(offsets: OffsetStore, groupId: string): FetchedTopic[] {
  const topics: FetchedTopic[] = []
  for (const [name, partitions] of offsets.group(groupId) ?? []) {
    let topicId = noTopicId
    for (const value of partitions.values()) if (value.topicId !== noTopicId) topicId = value.topicId
    topics.push({ name, topicId, partitions: Array.from(partitions, ([partitionIndex, value]) => fetched(partitionIndex, value)) })
  }
  return topics
}

export function isForTopic(value: OffsetCommitValue, topicId: string): boolean {
  return value.topicId === noTopicId || topicId === noTopicId || value.topicId === topicId
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
