/** How far a group is behind, partition by partition: the end of the log minus the committed offset. */

import type { Admin, CommittedOffset, GroupDescription, GroupMemberDescription } from '@odradek/client'

export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** Null when the group has committed nothing for the partition. */
  readonly committedOffset: number | null
  /** Null when it could not be read: the partition has no leader, or is gone. */
  readonly endOffset: number | null
  /** Records not yet committed, never negative; null when one of the two offsets is unknown. */
  readonly lag: number | null
  readonly leaderEpoch: number | null
  /** Null when no member owns the partition. */
  readonly memberId: string | null
  readonly host: string | null
  readonly clientId: string | null
}

export interface GroupLag {
  readonly group: GroupDescription
  /** Assigned partitions and those with a commit, by topic and partition. */
  readonly partitions: readonly PartitionLag[]
  /** The sum over partitions whose lag is known; null when none is. */
  readonly lag: number | null
}

/**
 * Commits are read before log ends, so that a group which keeps up is never shown ahead of the log.
 * A group that does not exist comes back in state 'Dead' without partitions.
 */
export async function groupLags(admin: Admin, groupIds: readonly string[]): Promise<GroupLag[]> {
  const groups = await admin.describeGroups(groupIds)
  const commits = await Promise.all(groups.map(async (group) => (group.state === 'Dead' ? [] : admin.listGroupOffsets(group.groupId))))
  const merged = groups.map((group, index) => mergePartitions(group, commits[index] ?? []))
  const ends = await endOffsets(admin, merged.flat())
  return groups.map((group, index) => {
    const partitions = (merged[index] ?? []).map((partition) => withEnd(partition, ends.get(keyOf(partition)) ?? null))
    const known = partitions.filter((partition) => partition.lag !== null)
    return { group, partitions, lag: known.length === 0 ? null : known.reduce((total, partition) => total + (partition.lag ?? 0), 0) }
  })
}

interface Place {
  readonly topic: string
  readonly partition: number
}

interface OwnedPartition extends Place {
  readonly commit: CommittedOffset | undefined
  readonly owner: GroupMemberDescription | undefined
}

const keyOf = (place: Place): string => `${place.topic}:${place.partition}`

function mergePartitions(group: GroupDescription, commits: readonly CommittedOffset[]): OwnedPartition[] {
  const places = new Map<string, OwnedPartition>()
  for (const commit of commits) places.set(keyOf(commit), { topic: commit.topic, partition: commit.partition, commit, owner: undefined })
  for (const owner of group.members) {
    for (const place of owner.assignment) {
      places.set(keyOf(place), { topic: place.topic, partition: place.partition, commit: places.get(keyOf(place))?.commit, owner })
    }
  }
  return [...places.values()].sort((left, right) =>
    left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1,
  )
}

async function endOffsets(admin: Admin, places: readonly Place[]): Promise<Map<string, number>> {
  const existing = new Map((await admin.listTopics({ includeInternal: true })).map((topic) => [topic.topic, topic.partitions]))
  const distinct = new Map(
    places.filter((place) => place.partition < (existing.get(place.topic) ?? 0)).map((place) => [keyOf(place), place]),
  )
  const listed = await admin.listOffsets([...distinct.values()].map(({ topic, partition }) => ({ topic, partition, at: 'latest' })))
  return new Map(listed.map((offset) => [keyOf(offset), offset.offset]))
}

function withEnd({ topic, partition, commit, owner }: OwnedPartition, endOffset: number | null): PartitionLag {
  const committedOffset = commit?.offset ?? null
  return {
    topic,
    partition,
    committedOffset,
    endOffset,
    lag: committedOffset === null || endOffset === null ? null : Math.max(0, endOffset - committedOffset),
    leaderEpoch: commit === undefined || commit.leaderEpoch < 0 ? null : commit.leaderEpoch,
    memberId: owner?.memberId ?? null,
    host: owner?.clientHost ?? null,
    clientId: owner?.clientId ?? null,
  }
}
