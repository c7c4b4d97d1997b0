/** SyncGroup: the leader brings the assignment, all members take theirs. Source: KIP-62, KIP-559. */

import { ErrorCodes, type SyncGroupResponseInput } from '@odradek/protocol'
import { type ClassicGroup, noAssignment } from './classic-group.ts'
import { groupRecord } from './group-record.ts'
import { failAssignment, prepareRebalance, rebalanceOrCompleteJoin } from './rebalance.ts'
import { refusedSync } from './refusal.ts'
import type { Transition, TransitionContext } from './transition.ts'
import { generationError } from './validation.ts'

export interface SyncRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
  /** Null where the version does not carry it. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** Empty except from the leader. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export type SyncResult = { readonly response: SyncGroupResponseInput } | { readonly waitsAs: string }

export function sync(transition: Transition, request: SyncRequest): SyncResult {
  const { group } = transition
  const { memberId } = request
  const member = group.members.get(memberId)
  const error = syncError(group, request)
  if (error !== ErrorCodes.NONE || member === undefined) return { response: refusedSync(error) }
  switch (group.state) {
    case 'Empty':
      return { response: refusedSync(ErrorCodes.UNKNOWN_MEMBER_ID) }
    case 'PreparingRebalance':
      return { response: refusedSync(ErrorCodes.REBALANCE_IN_PROGRESS) }
    case 'CompletingRebalance':
      transition.putMember({ ...member, awaitingSync: true })
      noteSynced(transition, memberId)
      // A repeated request waits for what the first one brought: a second record would say otherwise than what members were told.
      if (group.leaderId === memberId && !member.awaitingSync) storeAssignment(transition, request)
      return { waitsAs: memberId }
    case 'Stable':
      noteSynced(transition, memberId)
      return { response: synced(group, member.assignment) }
  }
}

/** The leader's assignment is durable. Ignored when a rebalance has begun in the meantime. */
export function assignmentStored(
  transition: Transition,
  generationId: number,
  assignments: ReadonlyMap<string, Buffer>,
  context: TransitionContext,
): void {
  const { group } = transition
  if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return
  for (const member of group.members.values()) {
    const assignment = assignments.get(member.memberId) ?? noAssignment
    transition.putMember({ ...member, assignment })
    if (transition.answerSync(member.memberId, synced(group, assignment))) transition.restartSession(member)
  }
  transition.enter('Stable', context.nowMs)
}

/** The leader's assignment cannot be stored: all who wait learn it, and the group tries again. */
export function assignmentRefused(transition: Transition, generationId: number, errorCode: number, context: TransitionContext): void {
  if (transition.group.state !== 'CompletingRebalance' || transition.group.generationId !== generationId) return
  failAssignment(transition, errorCode)
  rebalanceOrCompleteJoin(transition, context)
}

/** Members that were told of the generation but never asked for their part of it are removed. */
export function syncTimedOut(transition: Transition, generationId: number, context: TransitionContext): void {
  const { group } = transition
  if (group.generationId !== generationId || group.pendingSyncMembers.size === 0) return
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  for (const memberId of group.pendingSyncMembers.keys()) {
    transition.removeMember(memberId)
    transition.cancelTimer({ session: memberId })
  }
  prepareRebalance(transition, context)
}

function noteSynced(transition: Transition, memberId: string): void {
  transition.removePendingSync(memberId)
  if (transition.group.pendingSyncMembers.size === 0) transition.cancelTimer('sync')
}

function syncError(group: ClassicGroup, request: SyncRequest): number {
  const error = generationError(group, request.memberId, request.groupInstanceId, request.generationId)
  if (error !== ErrorCodes.NONE) return error
  const contradicts = (said: string | null, known: string | null): boolean => said !== null && known !== null && said !== known
  return contradicts(request.protocolType, group.protocolType) || contradicts(request.protocolName, group.protocolName)
    ? ErrorCodes.INCONSISTENT_GROUP_PROTOCOL
    : ErrorCodes.NONE
}

function synced(group: ClassicGroup, assignment: Buffer): SyncGroupResponseInput {
  return { errorCode: ErrorCodes.NONE, protocolType: group.protocolType, protocolName: group.protocolName, assignment }
}

/** The group becomes Stable when the record is durable; members without an assignment get an empty one. */
function storeAssignment(transition: Transition, request: SyncRequest): void {
  const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  transition.record = groupRecord(transition.group, assignments)
  transition.followUp = { kind: 'assignmentStored', generationId: transition.group.generationId, assignments }
}
