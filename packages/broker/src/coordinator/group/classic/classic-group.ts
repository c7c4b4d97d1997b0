/** A classic group and its members as immutable values, with the questions that transitions ask of them. Source: KIP-62, KIP-345. */

/** 'Dead' is never a state of a group that is kept: it is what DescribeGroups says of a group that is not. */
export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** A protocol that a member supports, with the metadata that it would use it with. For consumers: an assignor and a subscription. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface ClassicMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** With the leading slash that Kafka prints. */
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** In the member's order of preference. */
  readonly protocols: readonly MemberProtocol[]
  readonly assignment: Buffer
  /** Its JoinGroup waits for the rebalance. */
  readonly awaitingJoin: boolean
  /** Its SyncGroup waits for the leader's assignment. */
  readonly awaitingSync: boolean
  /** Has joined, but has not yet been part of a generation. */
  readonly isNew: boolean
}

/** The keys count. */
export type MemberIds = ReadonlyMap<string, true>

/** A value as long as nobody has built on it: the maps are altered in place when a transition from it is installed. */
export interface ClassicGroup {
  readonly groupId: string
  readonly state: ClassicGroupState
  /** Undefined until the first change of state: a group that was loaded has no past. */
  readonly previousState: ClassicGroupState | undefined
  /** When `state` was entered; −1 when the log does not say. */
  readonly stateTimestampMs: number
  /** Null for a simple group: offsets without membership. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly generationId: number
  readonly leaderId: string | null
  readonly members: ReadonlyMap<string, ClassicMember>
  /** Member ids that were given out with MEMBER_ID_REQUIRED and not used yet. */
  readonly pendingJoinMembers: MemberIds
  /** Members of this generation whose SyncGroup has not come yet. */
  readonly pendingSyncMembers: MemberIds
  /** What the members of this generation subscribe to; null when unknown: not consumers, or metadata that cannot be read. */
  readonly subscribedTopics: ReadonlySet<string> | null
  /** A member was added during the initial rebalance: its delay is extended. */
  readonly newMemberAdded: boolean
}

export const noAssignment: Buffer = Buffer.alloc(0)

export function emptyGroup(groupId: string, nowMs: number): ClassicGroup {
  return {
    groupId,
    state: 'Empty',
    previousState: undefined,
    stateTimestampMs: nowMs,
    protocolType: null,
    protocolName: null,
    generationId: 0,
    leaderId: null,
    members: new Map(),
    pendingJoinMembers: new Map(),
    pendingSyncMembers: new Map(),
    subscribedTopics: null,
    newMemberAdded: false,
  }
}

export function memberIdOfInstance(group: ClassicGroup, groupInstanceId: string): string | undefined {
  for (const member of group.members.values()) if (member.groupInstanceId === groupInstanceId) return member.memberId
  return undefined
}

export function awaitingJoinCount(group: ClassicGroup): number {
  let count = 0
  for (const member of group.members.values()) if (member.awaitingJoin) count++
  return count
}

export function allMembersJoined(group: ClassicGroup): boolean {
  return group.pendingJoinMembers.size === 0 && awaitingJoinCount(group) === group.members.size
}

/** How long the slowest member may take to rejoin. */
export function rebalanceTimeoutMs(group: ClassicGroup): number {
  let timeoutMs = 0
  for (const member of group.members.values()) timeoutMs = Math.max(timeoutMs, member.rebalanceTimeoutMs)
  return timeoutMs
}

export function metadataOf(member: ClassicMember, protocolName: string | null): Buffer {
  return member.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? noAssignment
}

/** Same protocols in the same order with the same metadata. */
export function sameProtocols(one: readonly MemberProtocol[], other: readonly MemberProtocol[]): boolean {
  if (one.length !== other.length) return false
  return one.every((protocol, index) => {
    const counterpart = other[index]
    return counterpart !== undefined && protocol.name === counterpart.name && protocol.metadata.equals(counterpart.metadata)
  })
}
