/** JoinGroup: a new member, a member that was given its id, or a member that rejoins. Source: KIP-62, KIP-345, KIP-394. */

import { ErrorCodes } from '@odradek/protocol'
import {
  awaitingJoinCount,
  type ClassicGroup,
  type ClassicMember,
  memberIdOfInstance,
  noAssignment,
  sameProtocols,
} from './classic-group.ts'
import { type JoinRequest, type JoinResult, updateMember } from './join-request.ts'
import { supportsProtocols } from './protocol-selection.ts'
import { joinedResponse, rebalanceOrCompleteJoin } from './rebalance.ts'
import { refusedJoin } from './refusal.ts'
import { replaceStaticMember } from './static-member.ts'
import type { Transition, TransitionContext } from './transition.ts'
import { memberError } from './validation.ts'

/** Member ids of one group that may be given out and not yet used. Kafka has no such limit; without one a client that never comes back fills the memory. */
const pendingMembersMax = 10_000

/** Joins the group of `transition`. Group ids and session timeouts have been checked before. */
export function join(transition: Transition, request: JoinRequest, context: TransitionContext): JoinResult {
  const { memberId } = request
  if (!acceptsMember(transition.group, memberId, context.config.maxSize)) {
    transition.removeMember(memberId)
    return refused('', ErrorCodes.GROUP_MAX_SIZE_REACHED)
  }
  if (!supportsProtocols(transition.group, request.protocolType, request.protocols)) {
    return refused(memberId, ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
  }
  return memberId === '' ? joinNew(transition, request, context) : joinKnown(transition, request, context)
}

function refused(memberId: string, errorCode: number): JoinResult {
  return { response: refusedJoin(memberId, errorCode) }
}

/** While members gather, those that wait count: the last ones to rejoin an overfull group are the ones that lose their place. */
function acceptsMember(group: ClassicGroup, memberId: string, maxSize: number): boolean {
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return group.members.get(memberId)?.awaitingJoin === true || awaitingJoinCount(group) < maxSize
    case 'CompletingRebalance':
    case 'Stable':
      return group.members.has(memberId) || group.members.size < maxSize
  }
}

function joinNew(transition: Transition, request: JoinRequest, context: TransitionContext): JoinResult {
  const { groupInstanceId, newMemberId } = request
  if (groupInstanceId !== null) {
    const holder = memberIdOfInstance(transition.group, groupInstanceId)
    if (holder === undefined) return addMember(transition, request, newMemberId, context)
    return replaceStaticMember(transition, request, holder, context)
  }
  if (!request.requiresKnownMemberId) return addMember(transition, request, newMemberId, context)
  if (transition.group.pendingJoinMembers.size >= pendingMembersMax) return refused('', ErrorCodes.GROUP_MAX_SIZE_REACHED)
  transition.addPendingJoin(newMemberId)
  transition.startTimer({ session: newMemberId }, request.sessionTimeoutMs, { kind: 'sessionExpired', memberId: newMemberId })
  return refused(newMemberId, ErrorCodes.MEMBER_ID_REQUIRED)
}

function addMember(transition: Transition, request: JoinRequest, memberId: string, context: TransitionContext): JoinResult {
  transition.removePendingJoin(memberId)
  const { group } = transition
  const member: ClassicMember = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: request.protocols,
    assignment: noAssignment,
    awaitingJoin: true,
    awaitingSync: false,
    isNew: true,
  }
  transition.group = {
    ...group,
    newMemberAdded: group.newMemberAdded || (group.state === 'PreparingRebalance' && group.previousState === 'Empty'),
    protocolType: group.members.size === 0 ? request.protocolType : group.protocolType,
    leaderId: group.leaderId ?? memberId,
  }
  transition.putMember(member)
  // It sends no heartbeats before it knows its id, and a client that gave up is not noticed while its request waits here.
  transition.restartSession(member, context.config.newMemberJoinTimeoutMs)
  rebalanceOrCompleteJoin(transition, context)
  return { waitsAs: memberId }
}

function joinKnown(transition: Transition, request: JoinRequest, context: TransitionContext): JoinResult {
  const { group } = transition
  const { memberId } = request
  if (group.pendingJoinMembers.has(memberId) && request.groupInstanceId === null) return addMember(transition, request, memberId, context)
  const error = memberError(group, memberId, request.groupInstanceId)
  const member = group.members.get(memberId)
  if (error !== ErrorCodes.NONE || member === undefined) return refused(memberId, error)
  // Without a change a rejoin only asks again what it was told; the leader's asks for a new assignment, except before its first.
  const unchanged = sameProtocols(member.protocols, request.protocols)
  if (group.state === 'CompletingRebalance' && unchanged) return { response: joinedResponse(group, memberId) }
  if (group.state === 'Stable' && unchanged && group.leaderId !== memberId) return { response: joinedResponse(group, memberId) }
  updateMember(transition, request, member)
  rebalanceOrCompleteJoin(transition, context)
  return { waitsAs: memberId }
}
