/** A group coordinator of one shard on a manual clock and a log in memory, with short words for what members do. */

import { createNodeCodecs, type Runtime } from '@odradek/runtime'
import type { JoinGroupRequest, JoinGroupResponseInput, SyncGroupResponseInput } from '@odradek/protocol'
import { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from '../../../src/coordinator/group/group-config.ts'
import { GroupCoordinator } from '../../../src/coordinator/group/group-coordinator.ts'
import { silentLogger } from '../../../src/logger.ts'
import { ManualClock, settle } from './manual-clock.ts'
import { MemoryLog } from './memory-log.ts'

export const groupId = 'billing'

const codecs = createNodeCodecs()

export interface JoinOptions extends Partial<JoinGroupRequest> {
  readonly apiVersion?: number
  readonly clientId?: string
}

function unused(): never {
  throw new Error('the coordinator has no use for this')
}

export interface GroupBenchOptions {
  readonly config?: Partial<GroupCoordinatorConfig>
  readonly log?: MemoryLog
  readonly clock?: ManualClock
}

export class GroupBench {
  readonly clock: ManualClock
  readonly log: MemoryLog
  readonly config: GroupCoordinatorConfig
  readonly groups: GroupCoordinator
  #uuids = 0

  constructor(options: GroupBenchOptions = {}) {
    this.clock = options.clock ?? new ManualClock()
    this.log = options.log ?? new MemoryLog()
    this.config = { ...defaultGroupCoordinatorConfig, ...options.config }
    this.groups = new GroupCoordinator({
      runtime: this.#runtime(),
      logger: silentLogger,
      config: this.config,
      openLog: () => Promise.resolve(this.log),
    })
  }

  async start(): Promise<this> {
    this.groups.start(1)
    await this.groups.whenLoaded(groupId)
    return this
  }

  /** The process dies and another one starts on what is left of the log, and on the same clock. */
  crash(undurableBatches = 0): Promise<GroupBench> {
    const log = this.log.afterCrash(undurableBatches)
    return new GroupBench({ config: this.config, log, clock: this.clock }).start()
  }

  join(options: JoinOptions = {}): Promise<JoinGroupResponseInput> {
    const { apiVersion = 9, clientId = 'client', ...request } = options
    const joined = this.groups.join({ ...defaultJoin(), ...request }, { apiVersion, clientId, clientHost: '127.0.0.1' })
    return joined
  }

  /** Joins as clients do: once to get a member id, then with it. */
  async joinWithId(options: JoinOptions = {}): Promise<{ memberId: string; joined: Promise<JoinGroupResponseInput> }> {
    const { memberId } = await this.join(options)
    return { memberId, joined: this.join({ ...options, memberId }) }
  }

  /** The leader's when it brings assignments. */
  sync(
    memberId: string,
    generationId: number,
    assignments: Record<string, string> = {},
    instanceId: string | null = null,
  ): Promise<SyncGroupResponseInput> {
    return this.groups.sync({
      groupId,
      memberId,
      generationId,
      groupInstanceId: instanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
    })
  }

  heartbeat(memberId: string, generationId: number, instanceId: string | null = null): Promise<number> {
    return this.groups.heartbeat({ groupId, memberId, generationId, groupInstanceId: instanceId })
  }

  async leave(memberId: string, instanceId: string | null = null): Promise<number> {
    const { members } = await this.groups.leave(groupId, [{ memberId, groupInstanceId: instanceId }])
    return members?.[0]?.errorCode ?? 0
  }

  async commit(options: CommitOptions = {}): Promise<number> {
    const { offset = 1, topic = 'orders', topicId = orderTopicId, partition = 0, metadata = '', memberId = '', generationId = -1 } = options
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: 0, committedMetadata: metadata }]
    const topics = await this.groups.commitOffsets(
      {
        groupId: options.group ?? groupId,
        memberId,
        generationId,
        groupInstanceId: options.instanceId ?? null,
        retentionTimeMs: options.retentionTimeMs ?? -1,
        topics: [{ name: topic, topicId, partitions }],
      },
      options.apiVersion ?? 9,
    )
    return topics[0]?.partitions[0]?.errorCode ?? -1
  }

  async committed(topic = 'orders', partition = 0, topicId: string = orderTopicId): Promise<number> {
    const topics = await this.groups.fetchOffsets(groupId, [{ name: topic, topicId, partitionIndexes: [partition] }], false)
    return topics[0]?.partitions[0]?.committedOffset ?? Number.NaN
  }

  async state(): Promise<string | undefined> {
    return (await this.groups.describe(groupId))?.groupState
  }

  /** A group of that many members that has settled; the first one leads. Takes the initial rebalance delay. */
  async stableGroup(size: number, options: JoinOptions = {}): Promise<{ members: string[]; generationId: number; leader: string }> {
    const joins = []
    for (let index = 0; index < size; index++) joins.push(await this.joinWithId(options))
    await this.clock.advance(this.config.initialRebalanceDelayMs * (size > 1 ? 2 : 1))
    const [response] = await Promise.all(joins.map(({ joined }) => joined))
    const members = joins.map(({ memberId }) => memberId)
    const { leader = '', generationId = -1 } = response ?? {}
    const assignments = Object.fromEntries(members.map((memberId) => [memberId, `for ${memberId}`]))
    const synced = members.map((memberId) => this.sync(memberId, generationId, memberId === leader ? assignments : {}))
    await Promise.all(synced)
    return { members, generationId, leader }
  }

  #runtime(): Pick<Runtime, 'clock' | 'codecs' | 'random'> {
    const random = { next: unused, int: unused, bytes: unused, uuid: () => `uuid-${this.#uuids++}` }
    return { clock: this.clock, random, codecs }
  }
}

export interface CommitOptions {
  readonly group?: string
  readonly offset?: number
  readonly topic?: string
  readonly topicId?: string
  readonly partition?: number
  readonly metadata?: string
  readonly memberId?: string
  readonly instanceId?: string
  readonly generationId?: number
  readonly retentionTimeMs?: number
  readonly apiVersion?: number
}

export const orderTopicId: string = 'b3JkZXJzLW9yZGVycy1vcg'

/** Version 0 of a consumer's subscription. */
export function subscription(...topics: string[]): Buffer {
  const names = topics.flatMap((topic) => {
    const length = Buffer.alloc(2)
    length.writeInt16BE(topic.length)
    return [length, Buffer.from(topic)]
  })
  const head = Buffer.alloc(6)
  head.writeInt32BE(topics.length, 2)
  return Buffer.concat([head, ...names, Buffer.from([0xff, 0xff, 0xff, 0xff])])
}

function defaultJoin(): JoinGroupRequest {
  return {
    groupId,
    memberId: '',
    groupInstanceId: null,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription('orders') }],
    reason: null,
  }
}

/** Whether a promise has settled, without waiting for it. */
export async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  await settle()
  return settled
}
