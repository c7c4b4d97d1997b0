/** Fencing: whether a request speaks for a member of the group as it is now. Error codes; 0 lets the request pass. */

import { ErrorCodes } from '@odradek/protocol'
import { type ClassicGroup, memberIdOfInstance } from './classic-group.ts'

/** UNKNOWN_MEMBER_ID, or FENCED_INSTANCE_ID when another member now holds the instance id. */
export function memberError(group: ClassicGroup, memberId: string, groupInstanceId: string | null): number {
  if (groupInstanceId !== null) {
    const holder = memberIdOfInstance(group, groupInstanceId)
    if (holder === undefined) return ErrorCodes.UNKNOWN_MEMBER_ID
    if (holder !== memberId) return ErrorCodes.FENCED_INSTANCE_ID
  }
  return group.members.has(memberId) ? ErrorCodes.NONE : ErrorCodes.UNKNOWN_MEMBER_ID
}

/** As `memberError`, then ILLEGAL_GENERATION. */
export function generationError(group: ClassicGroup, memberId: string, groupInstanceId: string | null, generationId: number): number {
  const error = memberError(group, memberId, groupInstanceId)
  if (error !== ErrorCodes.NONE) return error
  return generationId === group.generationId ? ErrorCodes.NONE : ErrorCodes.ILLEGAL_GENERATION
}
