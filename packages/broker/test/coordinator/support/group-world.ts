/**
 * One group shard under random use: members that join, sync, commit and vanish, a disk that is late, crashes. It notes what was
 * acknowledged and checks it: nothing acknowledged is lost, a generation has one assignment, every request gets an answer.
 */

import assert from 'node:assert/strict'
import { ErrorCodes, type JoinGroupResponseInput, type SyncGroupResponseInput } from '@odradek/protocol'
import { createNodeCodecs } from '@odradek/runtime'
import { defaultGroupCoordinatorConfig, type GroupCoordinatorConfig } from '../../../src/coordinator/group/group-config.ts'
import { GroupMachine } from '../../../src/coordinator/group/group-machine.ts'
import { GroupState } from '../../../src/coordinator/group/group-state.ts'
import { CoordinatorShard } from '../../../src/coordinator/runtime/coordinator-shard.ts'
import { replayLog } from '../../../src/coordinator/runtime/coordinator-log.ts'
import type { Outcome } from '../../../src/coordinator/runtime/outcome.ts'
import { silentLogger } from '../../../src/logger.ts'
import { groupId, orderTopicId, subscription } from './group-bench.ts'
import { ManualClock, settle } from './manual-clock.ts'
import { MemoryLog } from './memory-log.ts'

export type Step =
  | { readonly kind: 'join'; readonly member: number; readonly protocols: number }
  | { readonly kind: 'poll' | 'sync' | 'heartbeat' | 'leave' | 'vanish'; readonly member: number }
  | { readonly kind: 'pollAll' }
  | { readonly kind: 'commit'; readonly member: number; readonly partition: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'holdWrites' | 'flush' | 'failWrites' }
  | { readonly kind: 'crash'; readonly undurableBatches: number }

/** What a client knows of itself. The first two members are static. */
interface Client {
  readonly instanceId: string | null
  memberId: string
  generationId: number
  leads: readonly string[]
  /** What it would do next, if it were left to itself. */
  next: 'join' | 'sync' | 'heartbeat' | 'wait'
}

const codecs = createNodeCodecs()
const protocolSets = [['range'], ['range', 'sticky'], ['sticky', 'range']]
const config: GroupCoordinatorConfig = { ...defaultGroupCoordinatorConfig, initialRebalanceDelayMs: 500, maxSize: 5 }

export class GroupWorld {
  readonly clock: ManualClock = new ManualClock()
  readonly clients: Client[]
  /** Requests of the living broker that have no answer yet. */
  readonly unanswered: Set<string> = new Set()
  /** Assignments that reached a member. */
  syncedMembers = 0
  #log = new MemoryLog()
  #shard: CoordinatorShard<GroupMachine>
  #names = 0
  /** Counts starts of the broker: who waits for one that has died waits in vain. */
  #life = 0
  /** By partition: what was acknowledged last, and what was asked for since. */
  readonly #offsets = new Map<number, { acknowledged: number; asked: number[] }>()
  /** By generation: which of the leader's assignments was given out. */
  readonly #assignments = new Map<number, string>()
  #storedGeneration = 0
  /** What checks of answers have thrown. */
  readonly #failures: unknown[] = []

  constructor(members = 6) {
    this.clients = Array.from({ length: members }, (_, index) => ({
      instanceId: index < 2 ? `static-${index}` : null,
      memberId: '',
      generationId: -1,
      leads: [],
      next: 'join',
    }))
    this.#shard = this.#open()
  }

  async start(): Promise<this> {
    await this.#shard.load()
    return this
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'poll':
        this.#poll(this.#client(step.member))
        break
      case 'pollAll':
        for (const client of this.clients) this.#poll(client)
        break
      case 'join':
        this.#join(this.#client(step.member), protocolSets[step.protocols % protocolSets.length] ?? [])
        break
      case 'sync':
        this.#sync(this.#client(step.member))
        break
      case 'heartbeat':
        this.#heartbeat(this.#client(step.member))
        break
      case 'leave':
        this.#leave(this.#client(step.member))
        break
      case 'vanish':
        this.#reset(this.#client(step.member))
        break
      case 'commit':
        this.#commit(this.#client(step.member), step.partition)
        break
      case 'advance':
        await this.clock.advance(step.ms)
        break
      case 'holdWrites':
        this.#log.autoFlush = false
        break
      case 'flush':
        this.#flush()
        break
      case 'failWrites':
        this.#log.failWrites()
        this.#log.autoFlush = true
        break
      case 'crash':
        await this.#crash(step.undurableBatches)
        break
    }
    await settle()
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  /** Everything settles: the disk catches up and every session runs out. */
  async finish(): Promise<void> {
    this.#flush()
    await settle()
    await this.#checkReplay()
    await this.clock.advance(3_600_000)
    assert.deepEqual([...this.unanswered], [], 'requests without an answer')
    assert.deepEqual(this.#failures, [])
    this.#shard.close()
  }

  #open(): CoordinatorShard<GroupMachine> {
    return new CoordinatorShard<GroupMachine>({
      topic: '__consumer_offsets',
      partition: 0,
      clock: this.clock,
      codecs,
      logger: silentLogger,
      baseSequence: 0,
      writeTimeoutMs: config.commitTimeoutMs,
      openLog: () => Promise.resolve(this.#log),
      createMachine: (shard) => {
        const dispatch = (command: (machine: GroupMachine) => Outcome<void>): void => void shard.write(command).catch(() => undefined)
        return new GroupMachine({ clock: this.clock, config, dispatch })
      },
    })
  }

  async #crash(undurableBatches: number): Promise<void> {
    this.#life++
    this.#shard.close()
    this.unanswered.clear()
    for (const client of this.clients) if (client.next === 'wait') client.next = client.generationId === -1 ? 'join' : 'heartbeat'
    this.#log = this.#log.afterCrash(undurableBatches)
    this.#shard = this.#open()
    await this.#shard.load()
    await this.#checkReplay()
    await this.#checkAcknowledged()
  }

  #client(index: number): Client {
    const client = this.clients[index % this.clients.length]
    assert.ok(client)
    return client
  }

  #reset(client: Client): void {
    Object.assign(client, { memberId: '', generationId: -1, leads: [], next: 'join' })
  }

  /** What a client does that nobody interferes with. */
  #poll(client: Client): void {
    if (client.next === 'join') this.#join(client, ['range'])
    else if (client.next === 'sync') this.#sync(client)
    else if (client.next === 'heartbeat') this.#heartbeat(client)
  }

  #flush(): void {
    this.#log.flush()
    this.#log.autoFlush = true
  }

  /** Follows a request until it is answered, by the broker that it was sent to. */
  #follow<Response>(
    what: string,
    answer: Promise<Response>,
    onAnswer: (response: Response) => void,
    onRefusal = (): void => undefined,
  ): void {
    const life = this.#life
    const name = `${what} #${this.#names++}`
    this.unanswered.add(name)
    const answered = (): boolean => {
      this.unanswered.delete(name)
      return life === this.#life
    }
    const check = (response: Response): void => {
      try {
        if (answered()) onAnswer(response)
      } catch (error) {
        this.#failures.push(error)
      }
    }
    answer.then(check, () => (answered() ? onRefusal() : undefined))
  }

  #join(client: Client, names: readonly string[]): void {
    const request = {
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: names.map((name) => ({ name, metadata: subscription('orders') })),
      clientId: 'client',
      clientHost: '/127.0.0.1',
      newMemberId: `${client.instanceId ?? 'client'}-${this.#names++}`,
      requiresKnownMemberId: true,
      supportsSkippingAssignment: true,
    }
    client.next = 'wait'
    const joined = new Promise<JoinGroupResponseInput>((resolve, reject) => {
      this.#shard.write((machine) => machine.join(groupId, request, resolve)).catch(reject)
    })
    const again = (): void => {
      client.next = 'join'
    }
    this.#follow('join', joined, (response) => this.#joined(client, response), again)
  }

  #joined(client: Client, response: JoinGroupResponseInput): void {
    const { errorCode, memberId, generationId = -1, leader, members } = response
    client.next = 'join'
    if (errorCode === ErrorCodes.MEMBER_ID_REQUIRED) client.memberId = memberId
    if (errorCode === ErrorCodes.UNKNOWN_MEMBER_ID || errorCode === ErrorCodes.FENCED_INSTANCE_ID) client.memberId = ''
    if (errorCode !== ErrorCodes.NONE) return
    const ids = members.map((member) => member.memberId)
    assert.equal(new Set(ids).size, ids.length, 'a member twice')
    assert.ok(leader === memberId || ids.length === 0, 'only the leader learns of the members')
    if (leader === memberId) assert.ok(ids.includes(memberId), 'the leader is a member')
    Object.assign(client, { memberId, generationId, leads: ids, next: 'sync' })
  }

  #sync(client: Client): void {
    const { memberId, generationId, leads, instanceId } = client
    const choice = `choice ${this.#names++}`
    const assignments = leads.map((id) => ({ memberId: id, assignment: Buffer.from(choice) }))
    const request = { memberId, groupInstanceId: instanceId, generationId, protocolType: 'consumer', protocolName: null, assignments }
    client.next = 'wait'
    const synced = new Promise<SyncGroupResponseInput>((resolve, reject) => {
      this.#shard.write((machine) => machine.sync(groupId, request, resolve)).catch(reject)
    })
    this.#follow(
      'sync',
      synced,
      ({ errorCode, assignment }) => {
        client.next = errorCode === ErrorCodes.NONE ? 'heartbeat' : 'join'
        if (errorCode !== ErrorCodes.NONE) return
        this.syncedMembers++
        this.#storedGeneration = Math.max(this.#storedGeneration, generationId)
        assert.ok(assignment.length > 0, 'a member of a generation without a part in it')
        const text = Buffer.from(assignment).toString()
        assert.equal(this.#assignments.get(generationId) ?? text, text, `generation ${generationId} has two assignments`)
        this.#assignments.set(generationId, text)
      },
      () => {
        client.next = 'join'
      },
    )
  }

  #heartbeat(client: Client): void {
    const request = { memberId: client.memberId, groupInstanceId: client.instanceId, generationId: client.generationId }
    this.#follow(
      'heartbeat',
      this.#shard.write((machine) => machine.heartbeat(groupId, request)),
      (code) => {
        if (code !== ErrorCodes.NONE) client.next = 'join'
        if (code === ErrorCodes.UNKNOWN_MEMBER_ID || code === ErrorCodes.FENCED_INSTANCE_ID) client.memberId = ''
      },
    )
  }

  #leave(client: Client): void {
    const leaving = [{ memberId: client.memberId, groupInstanceId: client.instanceId }]
    this.#follow(
      'leave',
      this.#shard.write((machine) => machine.leave(groupId, leaving)),
      () => this.#reset(client),
    )
  }

  #commit(client: Client, partition: number): void {
    const offset = this.#names++
    const state = this.#offsets.get(partition) ?? { acknowledged: -1, asked: [] }
    this.#offsets.set(partition, state)
    state.asked.push(offset)
    const request = {
      groupId,
      memberId: client.memberId,
      groupInstanceId: client.instanceId,
      generationId: client.generationId,
      retentionTimeMs: -1,
      topics: [
        {
          name: 'orders',
          topicId: orderTopicId,
          partitions: [{ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null }],
        },
      ],
    }
    this.#follow(
      'commit',
      this.#shard.write((machine) => machine.commit(request, 9)),
      () => {
        if (offset > state.acknowledged) state.acknowledged = offset
        state.asked = state.asked.filter((asked) => asked > offset)
      },
    )
  }

  /** Replay alone makes hard state: the living state is what its log says. */
  async #checkReplay(): Promise<void> {
    await this.#shard.load()
    const replayed = new GroupState()
    await replayLog(this.#log, codecs, replayed)
    const living = await this.#shard.write((machine) => ({ records: [], response: snapshot(machine.state) }))
    assert.deepEqual(living, snapshot(replayed))
  }

  async #checkAcknowledged(): Promise<void> {
    const state = await this.#shard.read((machine) => machine.state)
    for (const [partition, { acknowledged, asked }] of this.#offsets) {
      const found = state.offsets.get(groupId, 'orders', partition)?.offset ?? -1
      assert.ok(
        found === acknowledged || asked.includes(found),
        `partition ${partition}: ${found} instead of ${acknowledged} or ${asked.join()}`,
      )
    }
    const generation = state.groups.get(groupId)?.generation ?? 0
    assert.ok(generation >= this.#storedGeneration, `generation ${generation} after ${this.#storedGeneration} was acknowledged`)
  }
}

function snapshot(state: GroupState): unknown {
  return { groups: [...state.groups], offsets: [...state.groupIds()].map((id) => [id, state.offsets.group(id)]) }
}
