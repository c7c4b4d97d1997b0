/** Responses that carry nothing but an error. */

import type { JoinGroupResponseInput, SyncGroupResponseInput } from '@odradek/protocol'
import { noAssignment } from './classic-group.ts'

export function refusedJoin(memberId: string, errorCode: number): JoinGroupResponseInput {
  return { memberId, errorCode, protocolName: '', leader: '', members: [] }
}

export function refusedSync(errorCode: number): SyncGroupResponseInput {
  return { errorCode, assignment: noAssignment }
}
