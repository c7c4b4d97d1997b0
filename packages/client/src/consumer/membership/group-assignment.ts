/** The leader's part: who gets what, from the members' subscriptions to the bytes that each is sent. */

import type { JoinGroupResponseMember, SyncGroupRequestAssignmentInput } from '@odradek/protocol'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '@odradek/protocol'
import type { TopicPartition } from '../../topic-partition.ts'
import type { Assignor, AssignorMember } from '../assignors/assignor.ts'

export function decodeMembers(members: readonly JoinGroupResponseMember[]): AssignorMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    const { topics, userData, ownedPartitions, generationId } = consumerProtocolSubscription.decode(metadata)
    const owned = ownedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
    return { memberId, groupInstanceId, topics, userData, owned, generationId }
  })
}

/** All topics that any member wants. */
export function topicsOf(members: readonly AssignorMember[]): readonly string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))]
}

export function assignPartitions(
  assignor: Assignor,
  members: readonly AssignorMember[],
  partitionCounts: ReadonlyMap<string, number>,
): SyncGroupRequestAssignmentInput[] {
  return [...assignor.assign(partitionCounts, members)].map(([memberId, partitions]) => ({
    memberId,
    assignment: encodeAssignment(partitions),
  }))
}

export function encodeSubscription(
  topics: readonly string[],
  owned: readonly TopicPartition[],
  generationId: number,
  userData: Buffer | null,
): Buffer {
  return consumerProtocolSubscription.encode({
    topics: [...topics].sort(),
    userData,
    ownedPartitions: byTopic(owned),
    generationId,
    rackId: null,
  })
}

/** Empty for the empty bytes that a group without a leader's word gets. */
export function decodeAssignment(assignment: Buffer): TopicPartition[] {
  if (assignment.length === 0) return []
  return consumerProtocolAssignment
    .decode(assignment)
    .assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}

function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  return consumerProtocolAssignment.encode({ assignedPartitions: byTopic(partitions), userData: null })
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }))
}
