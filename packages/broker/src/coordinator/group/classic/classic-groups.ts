/**
 * The soft state of classic groups in one shard: who is joining, whose session runs, who waits. It computes transitions and, once
 * their records have been appended, carries them out. A group without anything soft is not kept here: its record says it all.
 */

import { ErrorCodes, type GroupMetadataValueInput, type JoinGroupResponseInput, type SyncGroupResponseInput } from '@odradek/protocol'
import type { Outcome } from '../../runtime/outcome.ts'
import type { TimerTable } from '../../runtime/timer-table.ts'
import { groupMetadataRecord } from '../group-records.ts'
import type { GroupState } from '../group-state.ts'
import { type ClassicGroup, type ClassicGroupState, emptyGroup } from './classic-group.ts'
import { settled } from './draft-map.ts'
import { onGroupEvent } from './event.ts'
import { groupFromRecord, newGroupRecord, recordWithSuccessors } from './group-record.ts'
import { join } from './join.ts'
import type { JoinRequest } from './join-request.ts'
import { prepareRebalance } from './rebalance.ts'
import { refusedJoin, refusedSync } from './refusal.ts'
import { sync, type SyncRequest } from './sync.ts'
import { type GroupEvent, type TimerName, Transition, type TransitionContext } from './transition.ts'
import { Waiters } from './waiters.ts'

export interface ClassicGroupsOptions {
  readonly state: GroupState
  readonly timers: TimerTable
  /** Reads the clock and the configuration for one transition. */
  readonly context: () => TransitionContext
  /** Runs an event of a group as a command of its own. */
  readonly dispatch: (groupId: string, event: GroupEvent) => void
}

export class ClassicGroups {
  readonly #options: ClassicGroupsOptions
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #joins = new Waiters<JoinGroupResponseInput>()
  readonly #syncs = new Waiters<SyncGroupResponseInput>()

  constructor(options: ClassicGroupsOptions) {
    this.#options = options
  }

  /** The group as it is now; undefined when there is neither metadata, nor a member, nor an offset of it. */
  get(groupId: string): ClassicGroup | undefined {
    const { state } = this.#options
    const group = this.#groups.get(groupId)
    if (group !== undefined) return group
    const record = state.groups.get(groupId)
    if (record !== undefined) return groupFromRecord(groupId, record)
    return state.offsets.group(groupId) === undefined ? undefined : emptyGroup(groupId, -1)
  }

  groupIds(): Set<string> {
    const ids = this.#options.state.groupIds()
    for (const groupId of this.#groups.keys()) ids.add(groupId)
    return ids
  }

  /** Adds how many groups are in each state to `counts`. */
  countStates(counts: Map<ClassicGroupState, number>): void {
    for (const groupId of this.groupIds()) {
      const stored: ClassicGroupState = (this.#options.state.groups.get(groupId)?.members.length ?? 0) > 0 ? 'Stable' : 'Empty'
      const state = this.#groups.get(groupId)?.state ?? stored
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
  }

  join(groupId: string, request: JoinRequest, answer: (response: JoinGroupResponseInput) => void): Outcome<void> {
    const context = this.#options.context()
    const existing = this.get(groupId)
    if (existing === undefined && request.memberId !== '') {
      return { records: [], response: undefined, durable: () => answer(refusedJoin(request.memberId, ErrorCodes.UNKNOWN_MEMBER_ID)) }
    }
    const transition = new Transition(existing ?? emptyGroup(groupId, context.nowMs))
    const result = join(transition, request, context)
    if (existing === undefined) transition.record ??= newGroupRecord(transition.group)
    if ('response' in result) return this.carryOut(transition, undefined, { durable: () => answer(result.response) })
    const wait = (): void => {
      const former = this.#joins.add(groupId, result.waitsAs, answer)
      former?.(refusedJoin(result.waitsAs, ErrorCodes.REBALANCE_IN_PROGRESS))
    }
    return this.carryOut(transition, undefined, { applied: wait })
  }

  sync(groupId: string, request: SyncRequest, answer: (response: SyncGroupResponseInput) => void): Outcome<void> {
    const group = this.get(groupId)
    if (group === undefined) return { records: [], response: undefined, durable: () => answer(refusedSync(ErrorCodes.UNKNOWN_MEMBER_ID)) }
    const transition = new Transition(group)
    const result = sync(transition, request)
    if ('response' in result) return this.carryOut(transition, undefined, { durable: () => answer(result.response) })
    const wait = (): void => {
      const former = this.#syncs.add(groupId, result.waitsAs, answer)
      former?.(refusedSync(ErrorCodes.REBALANCE_IN_PROGRESS))
    }
    return this.carryOut(transition, undefined, { applied: wait })
  }

  event(groupId: string, event: GroupEvent): Outcome<void> {
    const group = this.get(groupId)
    if (group === undefined) return { records: [], response: undefined }
    const transition = new Transition(group)
    onGroupEvent(transition, event, this.#options.context())
    return this.carryOut(transition, undefined)
  }

  /** The outcome of a transition: its record, and all that happens once that is appended, and once it is durable. */
  carryOut<Response>(
    transition: Transition,
    response: Response,
    also: { readonly applied?: () => void; readonly durable?: () => void } = {},
  ): Outcome<Response> {
    const { group, followUp, answers, timers } = transition
    const { groupId } = group
    const record = transition.record ?? this.#successorsRecord(transition)
    return {
      records: record === undefined ? [] : [groupMetadataRecord(groupId, record)],
      response,
      applied: () => {
        this.#install(group)
        also.applied?.()
        for (const { timer, start } of timers) {
          const name = timerKey(groupId, timer)
          if (start === undefined) this.#options.timers.cancel(name)
          else this.#options.timers.set(name, start.delayMs, () => this.#options.dispatch(groupId, start.event))
        }
      },
      durable: () => {
        for (const answer of answers) {
          if (answer.kind === 'join') this.#joins.answer(groupId, answer.memberId, answer.response)
          else this.#syncs.answer(groupId, answer.memberId, answer.response)
        }
        also.durable?.()
        if (followUp !== undefined) this.#options.dispatch(groupId, followUp)
      },
    }
  }

  /** After a replay the members go on as they were; their sessions start anew. */
  onLoaded(): void {
    const { state, context } = this.#options
    for (const [groupId, record] of state.groups) {
      if (record.members.length === 0) continue
      const transition = new Transition(groupFromRecord(groupId, record))
      for (const member of transition.group.members.values()) transition.restartSession(member)
      // group.max.size may have been lowered: members are asked to rejoin, and the last ones to do so find no place.
      if (transition.group.members.size > context().config.maxSize) prepareRebalance(transition, context())
      this.carryOut(transition, undefined).applied?.()
    }
  }

  /** The group has been deleted. */
  forget(groupId: string): void {
    const group = this.#groups.get(groupId)
    this.#groups.delete(groupId)
    for (const timer of ['join', 'sync'] as const) this.#options.timers.cancel(timerKey(groupId, timer))
    for (const memberId of group?.pendingJoinMembers.keys() ?? []) this.#options.timers.cancel(timerKey(groupId, { session: memberId }))
  }

  onUnloaded(errorCode: number): void {
    this.#groups.clear()
    this.#joins.answerAll((memberId) => refusedJoin(memberId, errorCode))
    this.#syncs.answerAll(() => refusedSync(errorCode))
  }

  /** What is to be stored before members learn of a generation that is not stored itself yet. */
  #successorsRecord({ group, answers }: Transition): GroupMetadataValueInput | undefined {
    if (!answers.some((answer) => answer.kind === 'join' && answer.response.errorCode === ErrorCodes.NONE)) return undefined
    const stored = this.#options.state.groups.get(group.groupId)
    return stored === undefined ? undefined : recordWithSuccessors(stored, group)
  }

  #install(group: ClassicGroup): void {
    const isStoredWhole = group.state === 'Empty' && group.pendingJoinMembers.size === 0 && this.#options.state.groups.has(group.groupId)
    if (isStoredWhole) this.#groups.delete(group.groupId)
    else this.#groups.set(group.groupId, settledGroup(group))
  }
}

function settledGroup(group: ClassicGroup): ClassicGroup {
  const { members, pendingJoinMembers, pendingSyncMembers } = group
  return {
    ...group,
    members: settled(members),
    pendingJoinMembers: settled(pendingJoinMembers),
    pendingSyncMembers: settled(pendingSyncMembers),
  }
}

function timerKey(groupId: string, timer: TimerName): string {
  return typeof timer === 'string' ? `${timer}\0${groupId}` : `session\0${groupId}\0${timer.session}`
}
