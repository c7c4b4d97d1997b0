/** JoinGroup and SyncGroup as they come from the wire, made into what the group keeps: bytes are copied out of the request's buffer. */

import type { JoinGroupRequest, SyncGroupRequest } from '@odradek/protocol'
import type { JoinRequest } from './classic/join-request.ts'
import type { SyncRequest } from './classic/sync.ts'

/** Who asks. */
export interface Caller {
  readonly clientId: string
  readonly clientHost: string
  readonly apiVersion: number
}

export function joinRequestOf(request: JoinGroupRequest, caller: Caller, uuid: string): JoinRequest {
  const { memberId, groupInstanceId, sessionTimeoutMs, protocolType } = request
  return {
    memberId,
    groupInstanceId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: caller.apiVersion >= 1 ? request.rebalanceTimeoutMs : sessionTimeoutMs,
    protocolType,
    protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
    clientId: caller.clientId,
    clientHost: `/${caller.clientHost}`,
    newMemberId: `${groupInstanceId ?? caller.clientId}-${uuid}`,
    requiresKnownMemberId: caller.apiVersion >= 4,
    supportsSkippingAssignment: caller.apiVersion >= 9,
  }
}

export function syncRequestOf(request: SyncGroupRequest): SyncRequest {
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request
  const assignments = request.assignments.map((each) => ({ memberId: each.memberId, assignment: Buffer.from(each.assignment) }))
  return { memberId, groupInstanceId, generationId, protocolType, protocolName, assignments }
}
