/** Members that go: by LeaveGroup, on their own or by an administrator (KIP-345), and by a session that ran out. */

import { ErrorCodes, type LeaveGroupResponseMemberResponseInput } from '@odradek/protocol'
import { type ClassicMember, memberIdOfInstance } from './classic-group.ts'
import { completeJoinWhenAllJoined, rebalanceOrCompleteJoin } from './rebalance.ts'
import { refusedJoin, refusedSync } from './refusal.ts'
import type { Transition, TransitionContext } from './transition.ts'
import { memberError } from './validation.ts'

export interface LeavingMember {
  /** Empty when an administrator names the instance alone. */
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Removes each member that may be removed; one rebalance for all of them. */
export function leave(
  transition: Transition,
  leaving: readonly LeavingMember[],
  context: TransitionContext,
): LeaveGroupResponseMemberResponseInput[] {
  const responses = leaving.map(({ memberId, groupInstanceId }) => {
    const errorCode = leaveOne(transition, memberId, groupInstanceId)
    return { memberId, groupInstanceId, errorCode }
  })
  if (responses.some(({ errorCode }) => errorCode === ErrorCodes.NONE)) rebalanceWithout(transition, context)
  return responses
}

/** The session of a member, or of one that was only given its id, has run out. */
export function sessionExpired(transition: Transition, memberId: string, context: TransitionContext): void {
  const { group } = transition
  if (group.pendingJoinMembers.has(memberId)) {
    transition.removeMember(memberId)
    completeJoinWhenAllJoined(transition, context)
    return
  }
  const member = group.members.get(memberId)
  if (member === undefined || waits(member)) return
  remove(transition, memberId)
  rebalanceWithout(transition, context)
}

/** Whoever waits for the rebalance shows life that way; a new member is timed out even so. */
function waits(member: ClassicMember): boolean {
  return !member.isNew && (member.awaitingJoin || member.awaitingSync)
}

function leaveOne(transition: Transition, memberId: string, groupInstanceId: string | null): number {
  if (memberId === '') {
    const holder = groupInstanceId === null ? undefined : memberIdOfInstance(transition.group, groupInstanceId)
    if (holder === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
    remove(transition, holder)
    return ErrorCodes.NONE
  }
  if (!transition.group.pendingJoinMembers.has(memberId)) {
    const error = memberError(transition.group, memberId, groupInstanceId)
    if (error !== ErrorCodes.NONE) return error
  }
  remove(transition, memberId)
  return ErrorCodes.NONE
}

function remove(transition: Transition, memberId: string): void {
  transition.cancelTimer({ session: memberId })
  transition.answerJoin(memberId, refusedJoin('', ErrorCodes.UNKNOWN_MEMBER_ID))
  transition.answerSync(memberId, refusedSync(ErrorCodes.UNKNOWN_MEMBER_ID))
  transition.removeMember(memberId)
}

function rebalanceWithout(transition: Transition, context: TransitionContext): void {
  if (transition.group.state !== 'Empty') rebalanceOrCompleteJoin(transition, context)
}
