/** The state machine of one partition of __consumer_offsets: its commands and queries over groups and offsets. */

import {
  type DescribeGroupsResponseDescribedGroupInput,
  ErrorCodes,
  type JoinGroupResponseInput,
  type LeaveGroupResponseMemberResponseInput,
  type SyncGroupResponseInput,
} from '@odradek/protocol'
import type { Clock } from '@odradek/runtime'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { CoordinatorRecord, Outcome, RecordPlace, StateMachine, TransactionalProducer, TransactionEnd } from '../runtime/outcome.ts'
import { TimerTable } from '../runtime/timer-table.ts'
import type { ClassicGroup } from './classic/classic-group.ts'
import { ClassicGroups } from './classic/classic-groups.ts'
import { describeGroup, type ListedGroup, listGroup } from './classic/describe.ts'
import { heartbeat, type HeartbeatRequest } from './classic/heartbeat.ts'
import type { JoinRequest } from './classic/join-request.ts'
import { leave, type LeavingMember } from './classic/leave.ts'
import { consumerProtocolType, isSubscribedTo } from './classic/subscription.ts'
import type { SyncRequest } from './classic/sync.ts'
import { type GroupEvent, Transition, type TransitionContext } from './classic/transition.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import { groupMetadataTombstone, offsetCommitTombstone } from './group-records.ts'
import { GroupState } from './group-state.ts'
import { commitError, commitRecords, type CommitRequest, type CommittedTopic, transactionalCommitError } from './offsets/commit.ts'
import { allOffsetTombstones, expiredOffsets, topicTombstones } from './offsets/deletion.ts'
import { fetchAllOffsets, type FetchedTopic, fetchOffsets, type FetchTopic } from './offsets/fetch.ts'

export interface GroupMachineOptions {
  readonly clock: Clock
  readonly config: GroupCoordinatorConfig
  /** Runs a command of this machine's own making, through its shard. */
  readonly dispatch: (command: (machine: GroupMachine) => Outcome<void>) => void
}

/** Either the error of the whole request, or what each partition answers. */
export type DeletedOffsets = { readonly errorCode: number; readonly topics: readonly CommittedPartitions[] }
export type CommittedPartitions = Omit<CommittedTopic, 'topicId'>

export class GroupMachine implements StateMachine {
  readonly state: GroupState = new GroupState()
  readonly groups: ClassicGroups
  readonly #options: GroupMachineOptions
  readonly #timers: TimerTable

  constructor(options: GroupMachineOptions) {
    this.#options = options
    this.#timers = new TimerTable(options.clock)
    this.groups = new ClassicGroups({
      state: this.state,
      timers: this.#timers,
      context: () => this.#context(),
      dispatch: (groupId, event) => options.dispatch((machine) => machine.event(groupId, event)),
    })
  }

  replay(record: CoordinatorRecord, place: RecordPlace): void {
    this.state.replay(record, place)
  }

  replayEnd(producerId: number, isCommitted: boolean): void {
    this.state.replayEnd(producerId, isCommitted)
  }

  onLoaded(): void {
    this.groups.onLoaded()
    this.#scheduleExpiry()
  }

  onUnloaded(errorCode: number): void {
    this.#timers.clear()
    this.groups.onUnloaded(errorCode)
  }

  join(groupId: string, request: JoinRequest, answer: (response: JoinGroupResponseInput) => void): Outcome<void> {
    return this.groups.join(groupId, request, answer)
  }

  sync(groupId: string, request: SyncRequest, answer: (response: SyncGroupResponseInput) => void): Outcome<void> {
    return this.groups.sync(groupId, request, answer)
  }

  event(groupId: string, event: GroupEvent): Outcome<void> {
    return this.groups.event(groupId, event)
  }

  /** Yields the error code. */
  heartbeat(groupId: string, request: HeartbeatRequest): Outcome<number> {
    const transition = new Transition(this.#group(groupId, ErrorCodes.UNKNOWN_MEMBER_ID))
    return this.groups.carryOut(transition, heartbeat(transition, request))
  }

  leave(groupId: string, members: readonly LeavingMember[]): Outcome<LeaveGroupResponseMemberResponseInput[]> {
    const group = this.groups.get(groupId)
    if (group === undefined) {
      const errorCode = ErrorCodes.UNKNOWN_MEMBER_ID
      return { records: [], response: members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, errorCode })) }
    }
    const transition = new Transition(group)
    return this.groups.carryOut(transition, leave(transition, members, this.#context()))
  }

  /** Throws the error of the whole request; partitions answer for themselves otherwise. */
  commit(request: CommitRequest, apiVersion: number): Outcome<CommittedTopic[]> {
    const { groupId, memberId } = request
    const group = this.groups.get(groupId)
    const error = commitError(group, request, apiVersion)
    if (error !== ErrorCodes.NONE) throw new CoordinatorError(error)
    const { records, topics } = commitRecords(request, this.#options.clock.nowMs(), this.#options.config.offsetMetadataMaxBytes)
    const member = group?.members.get(memberId)
    if (group === undefined || member === undefined) return { records, response: topics }
    // A commit shows life as a heartbeat does.
    const transition = new Transition(group)
    transition.restartSession(member)
    return { ...this.groups.carryOut(transition, topics), records }
  }

  /** As `commit`, as part of a producer's transaction. */
  commitInTransaction(request: CommitRequest, producer: TransactionalProducer): Outcome<CommittedTopic[]> {
    const error = transactionalCommitError(this.groups.get(request.groupId), request)
    if (error !== ErrorCodes.NONE) throw new CoordinatorError(error)
    const { records, topics } = commitRecords(request, this.#options.clock.nowMs(), this.#options.config.offsetMetadataMaxBytes)
    return { records, response: topics, producer }
  }

  endTransaction(end: TransactionEnd): Outcome<void> {
    return { records: [], response: undefined, end }
  }

  fetch(groupId: string, topics: readonly FetchTopic[] | null, requireStable: boolean): FetchedTopic[] {
    return topics === null ? fetchAllOffsets(this.state, groupId, requireStable) : fetchOffsets(this.state, groupId, topics, requireStable)
  }

  deleteOffsets(groupId: string, topics: readonly { name: string; partitions: readonly number[] }[]): Outcome<CommittedPartitions[]> {
    const group = this.#group(groupId, ErrorCodes.GROUP_ID_NOT_FOUND)
    if (group.state !== 'Empty' && group.protocolType !== consumerProtocolType) throw new CoordinatorError(ErrorCodes.NON_EMPTY_GROUP)
    const records: CoordinatorRecord[] = []
    const response = topics.map(({ name, partitions }) => {
      const errorCode = isSubscribedTo(group, name) ? ErrorCodes.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCodes.NONE
      for (const partition of errorCode === ErrorCodes.NONE ? partitions : []) {
        const isKnown = this.state.offsets.get(groupId, name, partition) !== undefined || this.state.pending.has(groupId, name, partition)
        if (isKnown) records.push(offsetCommitTombstone(groupId, name, partition))
      }
      return { name, partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })) }
    })
    return { records, response }
  }

  /** Yields an error code for each group. */
  deleteGroups(groupIds: readonly string[]): Outcome<{ groupId: string; errorCode: number }[]> {
    const records: CoordinatorRecord[] = []
    const response = groupIds.map((groupId) => {
      const group = this.groups.get(groupId)
      if (group === undefined) return { groupId, errorCode: ErrorCodes.GROUP_ID_NOT_FOUND }
      if (group.state !== 'Empty') return { groupId, errorCode: ErrorCodes.NON_EMPTY_GROUP }
      records.push(...allOffsetTombstones(this.state, groupId), groupMetadataTombstone(groupId))
      return { groupId, errorCode: ErrorCodes.NONE }
    })
    const deleted = response.filter(({ errorCode }) => errorCode === ErrorCodes.NONE)
    return { records, response, applied: () => deleted.forEach(({ groupId }) => this.groups.forget(groupId)) }
  }

  /** A topic has been deleted: its offsets go. */
  topicDeleted(topic: string, topicId: string): Outcome<void> {
    return { records: topicTombstones(this.state, topic, topicId), response: undefined, atomic: false }
  }

  /** Offsets past their retention go, and then groups that have neither members nor offsets. */
  expire(): Outcome<void> {
    const { clock, config } = this.#options
    const records: CoordinatorRecord[] = []
    const gone: string[] = []
    for (const groupId of this.groups.groupIds()) {
      const group = this.groups.get(groupId)
      if (group === undefined) continue
      const expired = expiredOffsets(this.state, group, clock.nowMs(), config.offsetsRetentionMs)
      records.push(...expired.records)
      if (!expired.noneLeft || group.state !== 'Empty') continue
      records.push(groupMetadataTombstone(groupId))
      gone.push(groupId)
    }
    return { records, response: undefined, atomic: false, applied: () => gone.forEach((groupId) => this.groups.forget(groupId)) }
  }

  describe(groupId: string): DescribeGroupsResponseDescribedGroupInput | undefined {
    const group = this.groups.get(groupId)
    return group === undefined ? undefined : describeGroup(group)
  }

  list(): ListedGroup[] {
    return Array.from(this.groups.groupIds(), (groupId) => this.groups.get(groupId))
      .filter((group) => group !== undefined)
      .map(listGroup)
  }

  #group(groupId: string, errorCode: number): ClassicGroup {
    const group = this.groups.get(groupId)
    if (group === undefined) throw new CoordinatorError(errorCode, `Group ${groupId} not found.`)
    return group
  }

  #context(): TransitionContext {
    return { nowMs: this.#options.clock.nowMs(), config: this.#options.config }
  }

  #scheduleExpiry(): void {
    this.#timers.set('expiry', this.#options.config.offsetsRetentionCheckIntervalMs, () => {
      this.#options.dispatch((machine) => machine.expire())
      this.#scheduleExpiry()
    })
  }
}
