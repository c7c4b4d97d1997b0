/** What the page shows: the cluster, its topics with their records, its groups with their lag. */

import type { Admin, ClusterDescription } from '@odradek/client'
import { groupLags, type PartitionLag } from '../lag/group-lag.ts'

export interface Overview {
  readonly clusterId: string | null
  readonly brokers: ClusterDescription['nodes']
  readonly topics: readonly TopicOverview[]
  readonly groups: readonly GroupOverview[]
}

export interface TopicOverview {
  readonly name: string
  /** Offsets between start and end, over all partitions; compaction and control records make it an upper bound. */
  readonly records: number
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: number
    readonly startOffset: number | null
    readonly endOffset: number | null
  }[]
}

export interface GroupOverview {
  readonly group: string
  readonly state: string
  readonly members: number
  readonly lag: number | null
  readonly partitions: readonly PartitionLag[]
}

/** Read afresh at each call; internal topics are left out. */
export async function readOverview(admin: Admin): Promise<Overview> {
  const [cluster, topics, groups] = await Promise.all([admin.describeCluster(), topicOverviews(admin), groupOverviews(admin)])
  return { clusterId: cluster.clusterId, brokers: cluster.nodes, topics, groups }
}

async function topicOverviews(admin: Admin): Promise<TopicOverview[]> {
  const names = (await admin.listTopics()).map((listing) => listing.topic).sort()
  if (names.length === 0) return []
  const topics = await admin.describeTopics(names)
  const reachable = topics.flatMap((topic) => topic.partitions.filter((partition) => partition.leader >= 0))
  const [starts, ends] = await Promise.all(
    (['earliest', 'latest'] as const).map(async (at) => {
      const listed = await admin.listOffsets(reachable.map(({ topic, partition }) => ({ topic, partition, at })))
      return new Map(listed.map((offset) => [`${offset.topic}:${offset.partition}`, offset.offset]))
    }),
  )
  return topics.map((topic) => {
    const partitions = topic.partitions.map(({ partition, leader }) => ({
      partition,
      leader,
      startOffset: starts?.get(`${topic.topic}:${partition}`) ?? null,
      endOffset: ends?.get(`${topic.topic}:${partition}`) ?? null,
    }))
    const records = partitions.reduce((total, partition) => total + (partition.endOffset ?? 0) - (partition.startOffset ?? 0), 0)
    return { name: topic.topic, records, partitions }
  })
}

async function groupOverviews(admin: Admin): Promise<GroupOverview[]> {
  const groupIds = (await admin.listGroups()).map((listing) => listing.groupId).sort()
  if (groupIds.length === 0) return []
  return (await groupLags(admin, groupIds)).map(({ group, partitions, lag }) => ({
    group: group.groupId,
    state: group.state,
    members: group.members.length,
    lag,
    partitions,
  }))
}
