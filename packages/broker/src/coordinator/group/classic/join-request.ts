/** A JoinGroup as transitions see it, and what it says of a member that is known already. */

import type { JoinGroupResponseInput } from '@odradek/protocol'
import type { ClassicMember, MemberProtocol } from './classic-group.ts'
import type { Transition } from './transition.ts'

export interface JoinRequest {
  /** Empty for a member that has no id yet. */
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  readonly clientId: string
  readonly clientHost: string
  /** The id that a new member gets. */
  readonly newMemberId: string
  /** From JoinGroup 4 on a dynamic member must come back with the id that it was given (KIP-394). */
  readonly requiresKnownMemberId: boolean
  /** From JoinGroup 9 on a returning static leader can be told not to assign anew (KIP-814). */
  readonly supportsSkippingAssignment: boolean
}

/** Either an answer at once, or the id of the member under which the request waits. */
export type JoinResult = { readonly response: JoinGroupResponseInput } | { readonly waitsAs: string }

/** Takes over what a rejoining member says of itself; its request waits from here on. */
export function updateMember(transition: Transition, request: JoinRequest, member: ClassicMember): void {
  transition.putMember({
    ...member,
    protocols: request.protocols,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    awaitingJoin: true,
  })
}
