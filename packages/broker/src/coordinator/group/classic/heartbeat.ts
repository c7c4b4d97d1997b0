/** Heartbeat: keeps a member's session and tells it of a rebalance. Source: KIP-62. */

import { ErrorCodes } from '@odradek/protocol'
import type { Transition } from './transition.ts'
import { generationError } from './validation.ts'

export interface HeartbeatRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

/** The error code of the response. */
export function heartbeat(transition: Transition, request: HeartbeatRequest): number {
  const { group } = transition
  const error = generationError(group, request.memberId, request.groupInstanceId, request.generationId)
  const member = group.members.get(request.memberId)
  if (error !== ErrorCodes.NONE || member === undefined) return error
  transition.restartSession(member)
  return group.state === 'PreparingRebalance' ? ErrorCodes.REBALANCE_IN_PROGRESS : ErrorCodes.NONE
}
