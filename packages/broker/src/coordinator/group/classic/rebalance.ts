/** The rebalance: gathering the members (PreparingRebalance) and starting the next generation (CompletingRebalance, or Empty). */

import { ErrorCodes, type JoinGroupResponseInput, type JoinGroupResponseMemberInput } from '@odradek/protocol'
import { allMembersJoined, type ClassicGroup, type ClassicMember, metadataOf, noAssignment, rebalanceTimeoutMs } from './classic-group.ts'
import { groupRecord } from './group-record.ts'
import { selectProtocol } from './protocol-selection.ts'
import { refusedSync } from './refusal.ts'
import { subscribedTopics } from './subscription.ts'
import type { Transition, TransitionContext } from './transition.ts'

/** Starts a rebalance where the state allows it; in one that is running, completes it when this was the last member to wait for. */
export function rebalanceOrCompleteJoin(transition: Transition, context: TransitionContext): void {
  if (transition.group.state === 'PreparingRebalance') completeJoinWhenAllJoined(transition, context)
  else prepareRebalance(transition, context)
}

export function prepareRebalance(transition: Transition, context: TransitionContext): void {
  if (transition.group.state === 'CompletingRebalance') failAssignment(transition, ErrorCodes.REBALANCE_IN_PROGRESS)
  transition.group = { ...transition.group, pendingSyncMembers: new Map() }
  transition.cancelTimer('sync')
  if (transition.group.state === 'Empty') {
    // The group is new: others are likely to come within moments, and each would cost a rebalance of its own.
    const delayMs = context.config.initialRebalanceDelayMs
    const remainingMs = Math.max(rebalanceTimeoutMs(transition.group) - delayMs, 0)
    transition.startTimer('join', delayMs, { kind: 'initialDelayPassed', delayMs, remainingMs })
    transition.enter('PreparingRebalance', context.nowMs)
    return
  }
  transition.enter('PreparingRebalance', context.nowMs)
  if (allMembersJoined(transition.group)) completeJoin(transition, context)
  else transition.startTimer('join', rebalanceTimeoutMs(transition.group), { kind: 'rebalanceTimedOut' })
}

/** The initial rebalance is left to its delay. */
export function completeJoinWhenAllJoined(transition: Transition, context: TransitionContext): void {
  const { group } = transition
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return
  if (allMembersJoined(group)) completeJoin(transition, context)
}

/** The initial delay has passed: it is extended while new members keep coming, up to the rebalance timeout. */
export function initialDelayPassed(transition: Transition, delayMs: number, remainingMs: number, context: TransitionContext): void {
  if (transition.group.state !== 'PreparingRebalance') return
  if (!transition.group.newMemberAdded || remainingMs === 0) {
    completeJoin(transition, context)
    return
  }
  transition.group = { ...transition.group, newMemberAdded: false }
  const nextDelayMs = Math.min(context.config.initialRebalanceDelayMs, remainingMs)
  const nextRemainingMs = Math.max(remainingMs - delayMs, 0)
  transition.startTimer('join', nextDelayMs, { kind: 'initialDelayPassed', delayMs: nextDelayMs, remainingMs: nextRemainingMs })
}

/** Ends the join phase with whoever has joined. Dynamic members that have not are removed; static ones keep their place. */
export function completeJoin(transition: Transition, context: TransitionContext): void {
  const { state, members } = transition.group
  if (state !== 'PreparingRebalance') return
  transition.cancelTimer('join')
  for (const member of members.values()) {
    if (member.awaitingJoin || member.groupInstanceId !== null) continue
    transition.removeMember(member.memberId)
    transition.cancelTimer({ session: member.memberId })
  }
  if (!electLeader(transition) && transition.group.members.size > 0) {
    // Nobody rejoined: wait until sessions remove the silent ones.
    transition.startTimer('join', rebalanceTimeoutMs(transition.group), { kind: 'rebalanceTimedOut' })
    return
  }
  startGeneration(transition, context)
  if (transition.group.state === 'Empty') transition.record = groupRecord(transition.group, new Map())
  else announceGeneration(transition)
}

/** Resets all assignments and answers every waiting SyncGroup with an error. */
export function failAssignment(transition: Transition, errorCode: number): void {
  for (const member of transition.group.members.values()) transition.putMember({ ...member, assignment: noAssignment })
  for (const member of transition.group.members.values()) {
    if (transition.answerSync(member.memberId, refusedSync(errorCode))) transition.restartSession(member)
  }
}

/** What JoinGroup tells a member of the current generation. The leader gets the members, to assign to them. */
export function joinedResponse(group: ClassicGroup, memberId: string): JoinGroupResponseInput {
  return {
    errorCode: ErrorCodes.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    memberId,
    members: memberId === group.leaderId ? joinedMembers(group) : [],
  }
}

export function joinedMembers(group: ClassicGroup): JoinGroupResponseMemberInput[] {
  return Array.from(group.members.values(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataOf(member, group.protocolName),
  }))
}

/** Keeps the leader if it has rejoined, else takes the first member that has. False when nobody has. */
function electLeader(transition: Transition): boolean {
  const { group } = transition
  if (group.leaderId === null) return false
  if (group.members.get(group.leaderId)?.awaitingJoin === true) return true
  const joined = Array.from(group.members.values()).find((member: ClassicMember) => member.awaitingJoin)
  if (joined === undefined) return false
  transition.group = { ...group, leaderId: joined.memberId }
  return true
}

function startGeneration(transition: Transition, context: TransitionContext): void {
  const { group } = transition
  const generationId = group.generationId + 1
  transition.group = { ...group, generationId, protocolName: selectProtocol(group), pendingSyncMembers: new Map() }
  transition.group = { ...transition.group, subscribedTopics: subscribedTopics(transition.group) }
  transition.enter(group.members.size > 0 ? 'CompletingRebalance' : 'Empty', context.nowMs)
}

function announceGeneration(transition: Transition): void {
  const { group } = transition
  transition.group = { ...group, pendingSyncMembers: new Map(Array.from(group.members.keys(), (memberId) => [memberId, true])) }
  for (const memberId of group.members.keys()) {
    transition.answerJoin(memberId, joinedResponse(group, memberId))
    const member = transition.group.members.get(memberId)
    if (member === undefined) continue
    transition.restartSession(member)
    transition.putMember({ ...member, isNew: false })
  }
  transition.startTimer('sync', rebalanceTimeoutMs(group), { kind: 'syncTimedOut', generationId: group.generationId })
}
