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

/**
 * Throws ProtocolError when an assignor throws or breaks its promise: nobody may be given what it did not subscribe to, which it would refuse
 * and join again at once, for ever, or what another member still holds.
 */
export function assignPartitions(
  assignor: Assignor,
  members: readonly AssignorMember[],
  topics: AssignorTopics,
  protocol: RebalanceProtocol,
): SyncGroupRequestAssignmentInput[] {
  const assignments = named(assignor, () => assignor.assign(topics, members))
  checkWanted(assignor, members, topics, assignments)
  checkOwners(assignor, members, assignments, protocol)
  return members.map(({ memberId }) => ({
    memberId,
    assignment: encodeAssignment(assignments.get(memberId) ?? { partitions: [] }),
  }))
}

/** Runs code of an assignor. Throws ProtocolError, which names it, when that throws. */
export function named<T>({ protocolName }: Assignor, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw new ProtocolError(`The assignor '${protocolName}' has thrown ${String(error)}`, { cause: error })
  }
}

function checkWanted(
  { protocolName }: Assignor,
  members: readonly AssignorMember[],
  topics: AssignorTopics,
  assignments: ReadonlyMap<string, Assignment>,
): void {
  for (const member of members) {
    const wanted = new Set(member.topics)
    for (const { topic, partition } of assignments.get(member.memberId)?.partitions ?? []) {
      const isThere = topics.get(topic)?.[partition] !== undefined
      if (wanted.has(topic) && isThere) continue
      const why = wanted.has(topic) ? 'a partition that does not exist' : 'which does not subscribe to that topic'
      throw new ProtocolError(`The assignor '${protocolName}' has given ${topic}-${partition} to ${member.memberId}, ${why}`)
    }
  }
}

function checkOwners(
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
