/** A classic group as its GroupMetadataValue record, and back. */

import type { GroupMetadataValue, GroupMetadataValueInput } from '@odradek/protocol'
import { type ClassicGroup, type ClassicMember, metadataOf, noAssignment } from './classic-group.ts'
import { subscribedTopics } from './subscription.ts'

/** `assignments` by member id: they are stored before the group takes them over. */
export function groupRecord(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): GroupMetadataValueInput {
  return {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: group.stateTimestampMs,
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName),
      assignment: assignments.get(member.memberId) ?? noAssignment,
    })),
  }
}

/** The record that Kafka writes for a group that exists but has not had a generation yet. */
export function newGroupRecord(group: ClassicGroup): GroupMetadataValueInput {
  return { protocolType: '', generation: 0, protocol: null, leader: null, currentStateTimestamp: group.stateTimestampMs, members: [] }
}

/**
 * The stored group with the present ids of static members that have been replaced since; undefined when none has. A generation is stored
 * with its assignment, later than its members are told of it: a replay in between would fence a static member that came back meanwhile
 * by its own former id. Apache Kafka has this gap.
 */
export function recordWithSuccessors(stored: GroupMetadataValue, group: ClassicGroup): GroupMetadataValueInput | undefined {
  const present = new Map<string, string>()
  for (const { groupInstanceId, memberId } of group.members.values()) if (groupInstanceId !== null) present.set(groupInstanceId, memberId)
  const successorOf = (groupInstanceId: string | null, memberId: string): string =>
    groupInstanceId === null ? memberId : (present.get(groupInstanceId) ?? memberId)
  let { leader } = stored
  let isChanged = false
  const members = stored.members.map((member) => {
    const memberId = successorOf(member.groupInstanceId, member.memberId)
    if (memberId === member.memberId) return member
    isChanged = true
    if (leader === member.memberId) leader = memberId
    return { ...member, memberId }
  })
  return isChanged ? { ...stored, leader, members } : undefined
}

/** The group as a replay leaves it: Stable if it has members, whose sessions are then to be started, else Empty. */
export function groupFromRecord(groupId: string, value: GroupMetadataValue): ClassicGroup {
  const members = new Map<string, ClassicMember>()
  for (const stored of value.members) {
    members.set(stored.memberId, {
      memberId: stored.memberId,
      groupInstanceId: stored.groupInstanceId,
      clientId: stored.clientId,
      clientHost: stored.clientHost,
      rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
      sessionTimeoutMs: stored.sessionTimeout,
      protocols: [{ name: value.protocol ?? '', metadata: stored.subscription }],
      assignment: stored.assignment,
      awaitingJoin: false,
      awaitingSync: false,
      isNew: false,
    })
  }
  const group: ClassicGroup = {
    groupId,
    state: members.size === 0 ? 'Empty' : 'Stable',
    previousState: undefined,
    stateTimestampMs: value.currentStateTimestamp,
    protocolType: value.protocolType === '' ? null : value.protocolType,
    protocolName: value.protocol,
    generationId: value.generation,
    leaderId: value.leader,
    members,
    pendingJoinMembers: new Map(),
    pendingSyncMembers: new Map(),
    subscribedTopics: null,
    newMemberAdded: false,
  }
  return { ...group, subscribedTopics: subscribedTopics(group) }
}
