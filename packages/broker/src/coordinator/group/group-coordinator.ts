/** The group coordinator as the API handlers see it: requests in, responses out, spread over the shards of __consumer_offsets. */

import {
  type DescribeGroupsResponseDescribedGroupInput,
  ErrorCodes,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type JoinGroupResponseInput,
  type LeaveGroupResponseInput,
  type SyncGroupRequest,
  type SyncGroupResponseInput,
} from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import type { Logger } from '../../logger.ts'
import { CoordinatorError } from '../runtime/coordinator-error.ts'
import type { CoordinatorLog } from '../runtime/coordinator-log.ts'
import type { CoordinatorShard } from '../runtime/coordinator-shard.ts'
import type { Outcome, TransactionalProducer, TransactionEnd } from '../runtime/outcome.ts'
import { ShardedCoordinator } from '../runtime/sharded-coordinator.ts'
import type { ClassicGroupState } from './classic/classic-group.ts'
import type { ListedGroup } from './classic/describe.ts'
import type { LeavingMember } from './classic/leave.ts'
import { refusedJoin, refusedSync } from './classic/refusal.ts'
import type { GroupCoordinatorConfig } from './group-config.ts'
import { type CommittedPartitions, GroupMachine } from './group-machine.ts'
import { type Caller, joinRequestOf, syncRequestOf } from './member-requests.ts'
import type { CommitRequest, CommittedTopic } from './offsets/commit.ts'
import type { FetchedTopic, FetchTopic } from './offsets/fetch.ts'

export const groupTopic = '__consumer_offsets'

export interface GroupCoordinatorOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'codecs' | 'random'>
  readonly logger: Logger
  readonly config: GroupCoordinatorConfig
  /** Opens the log of a partition of __consumer_offsets. */
  readonly openLog: (partition: number) => Promise<CoordinatorLog>
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #shards: ShardedCoordinator<GroupMachine>

  constructor(options: GroupCoordinatorOptions) {
    const { runtime, logger, config, openLog } = options
    this.#options = options
    this.#shards = new ShardedCoordinator({
      topic: groupTopic,
      clock: runtime.clock,
      codecs: runtime.codecs,
      logger,
      baseSequence: 0,
      writeTimeoutMs: config.commitTimeoutMs,
      openLog,
      createMachine: (shard) => new GroupMachine({ clock: runtime.clock, config, dispatch: (command) => this.#dispatch(shard, command) }),
    })
  }

  /** Begins to load the groups. Call once __consumer_offsets exists. */
  start(partitionCount: number, isLed?: (partition: number) => boolean): void {
    this.#shards.start(partitionCount, isLed)
  }

  /** Another node leads a partition of __consumer_offsets now, or none does. Members that wait are sent to look for it. */
  changeLeader(partition: number, isLed: boolean): void {
    this.#shards.changeLeader(partition, isLed)
  }

  close(): void {
    this.#shards.close()
  }

  /** The partition of __consumer_offsets that holds a group; NaN before `start`. */
  partitionOf(groupId: string): number {
    return this.#shards.partitionOf(groupId)
  }

  /** Loads the group's shard before its turn. */
  whenLoaded(groupId: string): Promise<void> {
    return this.#shards.shardOf(groupId).load()
  }

  join(request: JoinGroupRequest, caller: Caller): Promise<JoinGroupResponseInput> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.#options.config
    if (groupId === '') return Promise.resolve(refusedJoin(memberId, ErrorCodes.INVALID_GROUP_ID))
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return Promise.resolve(refusedJoin(memberId, ErrorCodes.INVALID_SESSION_TIMEOUT))
    }
    const join = joinRequestOf(request, caller, this.#options.runtime.random.uuid())
    return new Promise((answer) => {
      this.#write(groupId, (machine) => machine.join(groupId, join, answer)).catch((error: unknown) => {
        answer(refusedJoin('', this.#codeOf(error)))
      })
    })
  }

  sync(request: SyncGroupRequest): Promise<SyncGroupResponseInput> {
    const { groupId, generationId } = request
    if (groupId === '') return Promise.resolve(refusedSync(ErrorCodes.INVALID_GROUP_ID))
    const sync = syncRequestOf(request)
    return new Promise((answer) => {
      this.#write(groupId, (machine) => machine.sync(groupId, sync, answer)).catch((error: unknown) => {
        const errorCode = this.#codeOf(error)
        answer(refusedSync(errorCode))
        // An assignment that the log does not take (too large) fails for all who wait for it.
        if (errorCode !== ErrorCodes.UNKNOWN_SERVER_ERROR) return
        const refused = { kind: 'assignmentRefused', generationId, errorCode } as const
        this.#write(groupId, (machine) => machine.event(groupId, refused)).catch((again: unknown) => this.#codeOf(again))
      })
    })
  }

  /** Resolves to the error code. */
  async heartbeat(request: HeartbeatRequest): Promise<number> {
    const { groupId } = request
    if (groupId === '') return ErrorCodes.INVALID_GROUP_ID
    try {
      return await this.#write(groupId, (machine) => machine.heartbeat(groupId, request))
    } catch (error) {
      const code = this.#codeOf(error)
      // The member must not take a coordinator that is loading for one that has forgotten it.
      return code === ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCodes.NONE : code
    }
  }

  async leave(groupId: string, members: readonly LeavingMember[]): Promise<LeaveGroupResponseInput> {
    if (groupId === '') return { errorCode: ErrorCodes.INVALID_GROUP_ID }
    try {
      return { errorCode: ErrorCodes.NONE, members: await this.#write(groupId, (machine) => machine.leave(groupId, members)) }
    } catch (error) {
      return { errorCode: this.#codeOf(error) }
    }
  }

  /** Rejects with CoordinatorError when the whole commit is refused. */
  commitOffsets(request: CommitRequest, apiVersion: number): Promise<CommittedTopic[]> {
    return this.#write(request.groupId, (machine) => machine.commit(request, apiVersion))
  }

  /** As `commitOffsets`, as part of a producer's transaction: it takes effect when that is committed. */
  commitInTransaction(request: CommitRequest, producer: TransactionalProducer): Promise<CommittedTopic[]> {
    return this.#write(request.groupId, (machine) => machine.commitInTransaction(request, producer))
  }

  /** A transaction that has committed offsets in this partition of __consumer_offsets ends. Rejects with CoordinatorError. */
  async endTransaction(partition: number, end: TransactionEnd): Promise<void> {
    const shard = this.#shards.shards[partition]
    if (shard === undefined) throw new CoordinatorError(ErrorCodes.NOT_COORDINATOR)
    await shard.write((machine) => machine.endTransaction(end))
  }

  /**
   * Null topics: all that the group has committed. With `requireStable` a partition whose offset a transaction is about to decide answers
   * UNSTABLE_OFFSET_COMMIT. Rejects with CoordinatorError.
   */
  fetchOffsets(groupId: string, topics: readonly FetchTopic[] | null, requireStable: boolean): Promise<FetchedTopic[]> {
    return this.#read(groupId, (machine) => machine.fetch(groupId, topics, requireStable))
  }

  /** Rejects with CoordinatorError when the whole request is refused. */
  async deleteOffsets(
    groupId: string,
    topics: readonly { readonly name: string; readonly partitions: readonly number[] }[],
  ): Promise<CommittedPartitions[]> {
    if (groupId === '') throw new CoordinatorError(ErrorCodes.INVALID_GROUP_ID)
    return this.#write(groupId, (machine) => machine.deleteOffsets(groupId, topics))
  }

  async deleteGroups(groupIds: readonly string[]): Promise<{ groupId: string; errorCode: number }[]> {
    const byPartition = new Map<number, string[]>()
    for (const groupId of groupIds) {
      const partition = this.partitionOf(groupId)
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), groupId])
    }
    const results = Array.from(byPartition.values(), async (ids) => {
      try {
        return await this.#write(ids[0] ?? '', (machine) => machine.deleteGroups(ids))
      } catch (error) {
        const errorCode = this.#codeOf(error)
        return ids.map((groupId) => ({ groupId, errorCode }))
      }
    })
    return (await Promise.all(results)).flat()
  }

  /** Undefined for a group that does not exist. Rejects with CoordinatorError. */
  describe(groupId: string): Promise<DescribeGroupsResponseDescribedGroupInput | undefined> {
    return this.#read(groupId, (machine) => machine.describe(groupId))
  }

  /** The groups of the partitions that `isWanted`. Rejects with COORDINATOR_LOAD_IN_PROGRESS while any of these is loading. */
  async list(isWanted: (partition: number) => boolean = () => true): Promise<ListedGroup[]> {
    const shards = this.#shards.shards.filter(({ partition }) => isWanted(partition))
    return (await Promise.all(shards.map((shard) => shard.read((machine) => machine.list())))).flat()
  }

  /** How many groups there are in each state, and how many offsets, in the shards that are loaded. */
  counts(): { readonly states: ReadonlyMap<ClassicGroupState, number>; readonly offsets: number } {
    const states = new Map<ClassicGroupState, number>()
    let offsets = 0
    for (const shard of this.#shards.shards) {
      const machine = shard.peek()
      machine?.groups.countStates(states)
      offsets += machine?.state.offsets.size ?? 0
    }
    return { states, offsets }
  }

  /** Removes the offsets that were committed for a topic which has been deleted. Shards that cannot do it now keep them until they expire. */
  async topicDeleted(topic: string, topicId: string): Promise<void> {
    const writes = this.#shards.shards.map((shard) => shard.write((machine) => machine.topicDeleted(topic, topicId)))
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'rejected')
        this.#options.logger.warn(`offsets of the deleted topic ${topic} stay behind: ${String(result.reason)}`)
    }
  }

  async #write<Response>(groupId: string, command: (machine: GroupMachine) => Outcome<Response>): Promise<Response> {
    return this.#shards.shardOf(groupId).write(command)
  }

  async #read<Response>(groupId: string, query: (machine: GroupMachine) => Response): Promise<Response> {
    return this.#shards.shardOf(groupId).read(query)
  }

  #dispatch(shard: CoordinatorShard<GroupMachine>, command: (machine: GroupMachine) => Outcome<void>): void {
    // A shard that is unloading has no use for its timers any more; anything but a CoordinatorError is a defect and gets logged.
    shard.write(command).catch((error: unknown) => this.#codeOf(error))
  }

  #codeOf(error: unknown): number {
    if (error instanceof CoordinatorError) return error.code
    this.#options.logger.error(`group coordinator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return ErrorCodes.UNKNOWN_SERVER_ERROR
  }
}
