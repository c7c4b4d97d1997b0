/** Responses that carry nothing but an error. */

import type { JoinGroupResponseInput, SyncGroupResponseInput } from '@odradek/protocol'
import { noAssignment } from './classic-group.ts'

/** Protocol null: before version 7, which cannot say so, the handler makes it empty. */
export function refusedJoin(memberId: string, errorCode: number): JoinGroupResponseInput {
  return { memberId, errorCode, protocolName: null, leader: '', members: [] }
}

export function refusedSync(errorCode: number): SyncGroupResponseInput {
  return { errorCode, assignment: noAssignment }
}
