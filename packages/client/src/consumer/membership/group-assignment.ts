/** The leader's part: who gets what, from the members' subscriptions to the bytes that each is sent. */

import type { JoinGroupResponseMember, SyncGroupRequestAssignmentInput } from '@odradek/protocol'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '@odradek/protocol'
import type { MetadataCache } from '../../cluster/metadata-cache.ts'
import { ProtocolError } from '../../errors/kafka-error.ts'
import type { TopicPartition } from '../../topic-partition.ts'
import { partitionKey } from '../../topic-partition.ts'
import type { Assignment, Assignor, AssignorMember, AssignorTopics, RebalanceProtocol } from '../assignors/assignor.ts'
import { byPlace, compare } from '../assignors/assignor.ts'

export interface Subscribing {
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  readonly generationId: number
  readonly rackId: string | null
}

export function decodeMembers(members: readonly JoinGroupResponseMember[]): AssignorMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    const { topics, userData, ownedPartitions, generationId, rackId } = consumerProtocolSubscription.decode(metadata)
    const owned = ownedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
    return { memberId, groupInstanceId, topics, userData, owned, generationId, rackId: rackId === '' ? null : rackId }
  })
}

/** All topics that any member wants. */
export function topicsOf(members: readonly AssignorMember[]): readonly string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))]
}

/** Those of the topics that exist. */
export function describeTopics(topics: readonly string[], metadata: MetadataCache): AssignorTopics {
  const described = new Map<string, readonly (readonly string[])[]>()
  for (const topic of topics) {
    const { partitions = [] } = metadata.topic(topic) ?? {}
    if (partitions.length === 0) continue
    described.set(
      topic,
      partitions.map(({ replicas }) => replicas.flatMap((nodeId) => metadata.nodes.get(nodeId)?.rack ?? [])),
    )
  }
  return described
}

/** Throws ProtocolError when a custom assignor breaks its promise: nobody may be given what another member still holds. */
export function assignPartitions(
  assignor: Assignor,
  members: readonly AssignorMember[],
  topics: AssignorTopics,
  protocol: RebalanceProtocol,
): SyncGroupRequestAssignmentInput[] {
  const assignments = assignor.assign(topics, members)
  checkAssignments(assignor, members, assignments, protocol)
  return members.map(({ memberId }) => ({
    memberId,
    assignment: encodeAssignment(assignments.get(memberId) ?? { partitions: [] }),
  }))
}

function checkAssignments(
  { protocolName }: Assignor,
  members: readonly AssignorMember[],
  assignments: ReadonlyMap<string, Assignment>,
  protocol: RebalanceProtocol,
): void {
  const owners = new Map<string, string>()
  for (const { memberId } of members) {
    for (const { topic, partition } of assignments.get(memberId)?.partitions ?? []) {
      const key = partitionKey(topic, partition)
      if (owners.has(key)) throw new ProtocolError(`The assignor '${protocolName}' has given ${topic}-${partition} to two members`)
      owners.set(key, memberId)
    }
  }
  // This one looks at the generations of claims itself: an old claim is no ownership.
  if (protocol === 'eager' || protocolName === 'cooperative-sticky') return
  for (const { memberId, owned } of members) {
    for (const { topic, partition } of owned) {
      const owner = owners.get(partitionKey(topic, partition))
      if (owner === undefined || owner === memberId) continue
      throw new ProtocolError(
        `The assignor '${protocolName}' has given ${topic}-${partition} away while ${memberId} holds it; under the cooperative protocol it has to be nobody's for one rebalance`,
      )
    }
  }
}

/** As Java writes it: sorted. */
export function encodeSubscription({ topics, owned, generationId, rackId }: Subscribing, userData: Buffer | null): Buffer {
  return consumerProtocolSubscription.encode({
    topics: [...topics].sort(compare),
    userData,
    ownedPartitions: byTopic([...owned].sort(byPlace)),
    generationId,
    rackId,
  })
}

/** Nothing for the empty bytes that a group without a leader's word gets. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return { partitions: [] }
  const { assignedPartitions, userData } = consumerProtocolAssignment.decode(bytes)
  const partitions = assignedPartitions.flatMap(({ topic, partitions: numbers }) => numbers.map((partition) => ({ topic, partition })))
  return { partitions: partitions.sort(byPlace), userData }
}

function encodeAssignment({ partitions, userData = null }: Assignment): Buffer {
  return consumerProtocolAssignment.encode({ assignedPartitions: byTopic(partitions), userData })
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const list = topics.get(topic)
    if (list === undefined) topics.set(topic, [partition])
    else list.push(partition)
  }
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }))
}
