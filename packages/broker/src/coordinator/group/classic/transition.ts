/**
 * What one request or event does to a group: the group after it, a record to store, waiting requests to answer, timers to move.
 * Transition functions build one of these and touch nothing else; the machine carries it out.
 */

import type { GroupMetadataValueInput, JoinGroupResponseInput, SyncGroupResponseInput } from '@odradek/protocol'
import type { ClassicGroup, ClassicGroupState, ClassicMember } from './classic-group.ts'
import { DraftMap } from './draft-map.ts'

export interface ClassicGroupConfig {
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number
  /** group.max.size */
  readonly maxSize: number
  /** How long a new member's JoinGroup may wait in a rebalance before the member is taken for gone. 5 minutes in Kafka. */
  readonly newMemberJoinTimeoutMs: number
}

/** What transitions may know of the world. */
export interface TransitionContext {
  readonly nowMs: number
  readonly config: ClassicGroupConfig
}

/** What happens to a group other than by request. */
export type GroupEvent =
  | { readonly kind: 'sessionExpired'; readonly memberId: string }
  | { readonly kind: 'initialDelayPassed'; readonly delayMs: number; readonly remainingMs: number }
  | { readonly kind: 'rebalanceTimedOut' }
  | { readonly kind: 'syncTimedOut'; readonly generationId: number }
  | { readonly kind: 'assignmentStored'; readonly generationId: number; readonly assignments: ReadonlyMap<string, Buffer> }
  | { readonly kind: 'assignmentRefused'; readonly generationId: number; readonly errorCode: number }
  | { readonly kind: 'staticMemberStored'; readonly memberId: string; readonly previousLeaderId: string | null; readonly maySkip: boolean }

/** 'join' and 'sync' are the group's; a session timer is named by its member. */
export type TimerName = 'join' | 'sync' | { readonly session: string }

export interface TimerChange {
  readonly timer: TimerName
  /** Undefined cancels. */
  readonly start?: { readonly delayMs: number; readonly event: GroupEvent }
}

/** The answer to a request that waits under its member's id. */
export type WaiterAnswer =
  | { readonly kind: 'join'; readonly memberId: string; readonly response: JoinGroupResponseInput }
  | { readonly kind: 'sync'; readonly memberId: string; readonly response: SyncGroupResponseInput }

export class Transition {
  group: ClassicGroup
  /** The group's metadata to append; the answers then wait until it is durable. */
  record: GroupMetadataValueInput | undefined
  /** Happens once `record` is durable. */
  followUp: GroupEvent | undefined
  readonly answers: WaiterAnswer[] = []
  readonly timers: TimerChange[] = []
  /** What this transition makes of the group's members; likewise of those that are pending. */
  #members: DraftMap<string, ClassicMember> | undefined
  #pendingJoin: DraftMap<string, true> | undefined
  #pendingSync: DraftMap<string, true> | undefined

  constructor(group: ClassicGroup) {
    this.group = group
  }

  enter(state: ClassicGroupState, nowMs: number): void {
    this.group = { ...this.group, previousState: this.group.state, state, stateTimestampMs: nowMs }
  }

  putMember(member: ClassicMember): void {
    this.#ownMembers().set(member.memberId, member)
  }

  /** Removes a member, pending or not. The leadership passes to the first of those who stay. */
  removeMember(memberId: string): void {
    const members = this.#ownMembers()
    members.delete(memberId)
    const leaderId = this.group.leaderId === memberId ? (members.keys().next().value ?? null) : this.group.leaderId
    this.group = { ...this.group, leaderId }
    this.removePendingJoin(memberId)
    this.removePendingSync(memberId)
  }

  addPendingJoin(memberId: string): void {
    this.#ownPendingJoin().set(memberId, true)
  }

  removePendingJoin(memberId: string): void {
    if (this.group.pendingJoinMembers.has(memberId)) this.#ownPendingJoin().delete(memberId)
  }

  removePendingSync(memberId: string): void {
    if (!this.group.pendingSyncMembers.has(memberId)) return
    if (this.#pendingSync === undefined || this.group.pendingSyncMembers !== this.#pendingSync) {
      this.#pendingSync = new DraftMap(this.group.pendingSyncMembers)
      this.group = { ...this.group, pendingSyncMembers: this.#pendingSync }
    }
    this.#pendingSync.delete(memberId)
  }

  /** Answers a JoinGroup that waits; nothing when the member has none waiting. */
  answerJoin(memberId: string, response: JoinGroupResponseInput): void {
    const member = this.group.members.get(memberId)
    if (member === undefined || !member.awaitingJoin) return
    this.putMember({ ...member, awaitingJoin: false })
    this.answers.push({ kind: 'join', memberId, response })
  }

  /** Answers a SyncGroup that waits; false when the member has none waiting. */
  answerSync(memberId: string, response: SyncGroupResponseInput): boolean {
    const member = this.group.members.get(memberId)
    if (member === undefined || !member.awaitingSync) return false
    this.putMember({ ...member, awaitingSync: false })
    this.answers.push({ kind: 'sync', memberId, response })
    return true
  }

  startTimer(timer: TimerName, delayMs: number, event: GroupEvent): void {
    this.timers.push({ timer, start: { delayMs, event } })
  }

  cancelTimer(timer: TimerName): void {
    this.timers.push({ timer })
  }

  /** The member has shown life: its session runs anew. */
  restartSession(member: ClassicMember, timeoutMs: number = member.sessionTimeoutMs): void {
    this.startTimer({ session: member.memberId }, timeoutMs, { kind: 'sessionExpired', memberId: member.memberId })
  }

  #ownMembers(): DraftMap<string, ClassicMember> {
    if (this.#members === undefined || this.group.members !== this.#members) {
      this.#members = new DraftMap(this.group.members)
      this.group = { ...this.group, members: this.#members }
    }
    return this.#members
  }

  #ownPendingJoin(): DraftMap<string, true> {
    if (this.#pendingJoin === undefined || this.group.pendingJoinMembers !== this.#pendingJoin) {
      this.#pendingJoin = new DraftMap(this.group.pendingJoinMembers)
      this.group = { ...this.group, pendingJoinMembers: this.#pendingJoin }
    }
    return this.#pendingJoin
  }
}
