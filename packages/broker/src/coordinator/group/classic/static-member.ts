/** A static member that comes back without its member id takes the place of its former self, often without a rebalance. Source: KIP-345, KIP-814. */

import { ErrorCodes } from '@odradek/protocol'
import type { ClassicMember } from './classic-group.ts'
import { groupRecord } from './group-record.ts'
import { type JoinRequest, type JoinResult, updateMember } from './join-request.ts'
import { selectProtocol } from './protocol-selection.ts'
import { completeJoinWhenAllJoined, joinedMembers, joinedResponse, prepareRebalance } from './rebalance.ts'
import { refusedJoin, refusedSync } from './refusal.ts'
import type { Transition, TransitionContext } from './transition.ts'

export function replaceStaticMember(
  transition: Transition,
  request: JoinRequest,
  formerId: string,
  context: TransitionContext,
): JoinResult {
  const previousLeaderId = transition.group.leaderId
  const member = takePlace(transition, formerId, request.newMemberId)
  transition.restartSession(member)
  updateMember(transition, request, member)
  const { group } = transition
  switch (group.state) {
    case 'Stable':
      if (group.protocolName === selectProtocol(group)) {
        const { memberId } = member
        transition.record = groupRecord(group, new Map(Array.from(group.members.values(), (each) => [each.memberId, each.assignment])))
        transition.followUp = { kind: 'staticMemberStored', memberId, previousLeaderId, maySkip: request.supportsSkippingAssignment }
      } else prepareRebalance(transition, context)
      break
    case 'CompletingRebalance':
      // The leader may be assigning to the former id right now, which would leave the new one without partitions.
      prepareRebalance(transition, context)
      break
    default:
      completeJoinWhenAllJoined(transition, context)
  }
  return { waitsAs: member.memberId }
}

/** The new member id is durable: its owner goes on with the former assignment. */
export function staticMemberStored(transition: Transition, memberId: string, previousLeaderId: string | null, maySkip: boolean): void {
  const { group } = transition
  const response = joinedResponse(group, memberId)
  const isLeader = group.leaderId === memberId
  if (maySkip) {
    transition.answerJoin(memberId, { ...response, skipAssignment: isLeader, members: isLeader ? joinedMembers(group) : [] })
    return
  }
  // Older clients learn of the former leader, so that they do not assign anew for an unchanged group.
  transition.answerJoin(memberId, { ...response, leader: previousLeaderId ?? '', members: [] })
}

/** Moves instance id, leadership and assignment to the new member id; who still waits under the former one is fenced. */
function takePlace(transition: Transition, formerId: string, memberId: string): ClassicMember {
  const errorCode = ErrorCodes.FENCED_INSTANCE_ID
  transition.answerJoin(formerId, refusedJoin(formerId, errorCode))
  transition.answerSync(formerId, refusedSync(errorCode))
  const former = transition.group.members.get(formerId)
  if (former === undefined) throw new Error(`static member ${formerId} is not in group ${transition.group.groupId}`)
  const wasLeader = transition.group.leaderId === formerId
  transition.removeMember(formerId)
  transition.cancelTimer({ session: formerId })
  const member: ClassicMember = { ...former, memberId, isNew: false }
  transition.putMember(member)
  if (wasLeader) transition.group = { ...transition.group, leaderId: memberId }
  return member
}
