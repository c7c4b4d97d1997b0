/**
 * A conversation of several clients about one group, drawn from a seed: they join, synchronise, beat, commit and leave, as they should
 * and as they should not. A request may wait for others; what each step has answered is noted when nothing more comes.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Api,
  deleteGroups,
  describeGroups,
  heartbeat,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  syncGroup,
} from '@odradek/protocol'
import type { Dice } from '../../fuzz/mutations.ts'
import type { Connection, Lab } from '../../golden/groups/lab.ts'
import { subscription } from '../../golden/groups/requests.ts'

/** When both brokers have answered the same, and nothing more for so long, none comes before the next request … */
const quietMs = 100
/** … if they have also answered so many questions meanwhile, one after the other: on a busy machine time alone says nothing. */
const probes = 5
/** When they have not, for so long. */
const patienceMs = 5000
const protocolSets: readonly (readonly string[])[] = [['range'], ['range', 'sticky'], ['sticky', 'range'], ['sticky'], []]

/** Lists whose order says nothing: Kafka keeps them in hash maps. */
const unordered: ReadonlySet<string> = new Set(['members', 'groups', 'topics', 'partitions', 'results'])
/** The random part of an id that nobody has been told yet. */
const uuid = /[0-9a-f]{8}-[0-9a-f-]{27}/g

/** Has the conversations step by step, side by side, so that a slow broker is not taken for one that says nothing. */
export async function converse(dialogues: readonly GroupDialogue[], steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    for (const dialogue of dialogues) dialogue.begin()
    for (;;) {
      await sleep(5)
      const agree = new Set(dialogues.map(({ answered }) => answered)).size === 1
      const isQuiet = (): boolean => dialogues.every((dialogue) => dialogue.isQuiet(agree ? quietMs : patienceMs))
      if (!isQuiet()) continue
      const before = dialogues.map(({ answered }) => answered).join('|')
      await Promise.all(dialogues.map((dialogue) => dialogue.probe()))
      if (before === dialogues.map(({ answered }) => answered).join('|')) break
    }
    for (const dialogue of dialogues) dialogue.end()
  }
}

interface Client {
  readonly name: string
  readonly instanceId: string | null
  memberId: string
  generationId: number
  isLeader: boolean
  /** How many ids it has been given. */
  ids: number
  /** A request of its waits for an answer; its connection serves no other meanwhile. */
  isWaiting: boolean
  connection: Connection
}

export class GroupDialogue {
  readonly lines: string[] = []
  readonly #lab: Lab
  readonly #dice: Dice
  readonly #groupId: string
  readonly #aliases = new Map<string, string>()
  readonly #clients: Client[] = []
  #admin: Connection | undefined
  #what = ''
  #answers: { readonly from: string; readonly response: unknown }[] = []
  #underWay = 0
  /** Of these, requests that are answered in any case. */
  #due = 0
  #lastAnswerMs = 0

  constructor(lab: Lab, dice: Dice, groupId: string) {
    this.#lab = lab
    this.#dice = dice
    this.#groupId = groupId
  }

  async start(): Promise<this> {
    this.#admin = await this.#lab.connect('admin')
    for (const instanceId of [null, null, null, 'a', 'b']) await this.#addClient(instanceId)
    return this
  }

  /** Sends the next request. */
  begin(): void {
    this.#what = this.#step()
    this.#lastAnswerMs = performance.now()
  }

  /** Asks for the group's state until what was asked before must have been dealt with. */
  async probe(): Promise<void> {
    for (let left = this.#underWay > 0 ? probes : 0; left > 0; left--) {
      await this.#admin?.request(describeGroups, 5, { groups: [this.#groupId] })
      await sleep(10)
    }
  }

  /** Whether everything is answered that never waits, and nothing more has come for a while. */
  isQuiet(forMs: number): boolean {
    return this.#due === 0 && performance.now() - this.#lastAnswerMs >= (this.#underWay > 0 ? forMs : 15)
  }

  /** Who has been answered in this step. */
  get answered(): string {
    return this.#answers
      .map(({ from }) => from)
      .sort()
      .join()
  }

  /** Notes the step. What it has brought about has no order among its clients. */
  end(): void {
    const answers = this.#answers.map(({ from, response }) => `${from} ${JSON.stringify(this.#comparable(response))}`).sort()
    this.lines.push([this.#named(this.#what), ...answers].join('\n  '))
    this.#answers = []
  }

  async #addClient(instanceId: string | null): Promise<void> {
    const name = `client ${this.#clients.length}`
    const connection = await this.#lab.connect(name)
    this.#clients.push({ name, instanceId, memberId: '', generationId: -1, isLeader: false, ids: 0, isWaiting: false, connection })
  }

  #step(): string {
    const free = this.#clients.filter(({ isWaiting }) => !isWaiting)
    if (free.length === 0 || this.#chance(3)) return this.#administer()
    const client = this.#dice.pick(free)
    const roll = this.#dice.below(100)
    if (roll < 40) return this.#join(client)
    if (roll < 62) return this.#sync(client)
    if (roll < 74) return this.#beat(client)
    if (roll < 84) return this.#commit(client)
    if (roll < 90) return this.#leave(client)
    if (roll < 94) return this.#restart(client)
    return this.#administer()
  }

  #chance(percent: number): boolean {
    return this.#dice.below(100) < percent
  }

  #memberId(client: Client): string {
    if (this.#chance(92)) return client.memberId
    return this.#chance(50) ? 'nobody' : this.#dice.pick(this.#clients).memberId
  }

  /** Of a request that may wait: nobody else's, as Apache Kafka never answers the first of two that wait for one member. */
  #ownMemberId(client: Client): string {
    return this.#chance(95) ? client.memberId : 'nobody'
  }

  #instanceId(client: Client, version: number, since: number): { groupInstanceId?: string | null } {
    if (version < since) return {}
    const given = client.instanceId ?? null
    return { groupInstanceId: this.#chance(95) ? given : this.#dice.pick(['a', 'b', 'c', null]) }
  }

  #generation(client: Client): number {
    return this.#chance(90) ? client.generationId : this.#dice.pick([-1, 0, client.generationId - 1, client.generationId + 1])
  }

  #join(client: Client): string {
    const version = client.instanceId === null ? this.#dice.below(10) : 5 + this.#dice.below(5)
    const names = this.#chance(80) ? protocolSets[1] : this.#dice.pick(protocolSets)
    const request = {
      groupId: this.#groupId,
      memberId: this.#ownMemberId(client),
      ...this.#instanceId(client, version, 5),
      sessionTimeoutMs: this.#chance(97) ? 300_000 : this.#dice.pick([10, 100_000_000]),
      ...(version >= 1 ? { rebalanceTimeoutMs: 300_000 } : {}),
      protocolType: this.#chance(96) ? 'consumer' : this.#dice.pick(['connect', '']),
      protocols: (names ?? []).map((name) => ({ name, metadata: this.#chance(90) ? subscription : Buffer.from('other') })),
      ...(version >= 8 ? { reason: 'because' } : {}),
    }
    this.#ask(client, joinGroup, version, request, (response) => {
      if (response.memberId !== '') this.#alias(response.memberId, client)
      if (response.errorCode === 0 || response.errorCode === 79) client.memberId = response.memberId
      if (response.errorCode === 25) client.memberId = ''
      if (response.errorCode === 0)
        Object.assign(client, { generationId: response.generationId, isLeader: response.leader === response.memberId })
    })
    return `${client.name} joins v${version} ${JSON.stringify({ ...request, protocols: names })}`
  }

  #sync(client: Client): string {
    const version = client.instanceId === null ? this.#dice.below(6) : 3 + this.#dice.below(3)
    const assigned = this.#chance(5) ? !client.isLeader : client.isLeader
    const assignments = assigned
      ? this.#clients
          .filter(({ memberId }) => memberId !== '')
          .map((each) => ({ memberId: each.memberId, assignment: Buffer.from(`part of ${each.name}`) }))
      : []
    const names =
      version >= 5 ? { protocolType: this.#chance(95) ? 'consumer' : 'connect', protocolName: this.#chance(75) ? 'range' : 'sticky' } : {}
    const request = {
      groupId: this.#groupId,
      generationId: this.#generation(client),
      memberId: this.#ownMemberId(client),
      ...this.#instanceId(client, version, 3),
      ...names,
      assignments,
    }
    this.#ask(client, syncGroup, version, request, () => undefined)
    return `${client.name} synchronises v${version} ${JSON.stringify({ ...request, assignments: assignments.length })}`
  }

  #beat(client: Client): string {
    const version = client.instanceId === null ? this.#dice.below(5) : 3 + this.#dice.below(2)
    const generationId = this.#generation(client)
    const request = { groupId: this.#groupId, generationId, memberId: this.#memberId(client), ...this.#instanceId(client, version, 3) }
    this.#ask(client, heartbeat, version, request, () => undefined)
    return `${client.name} beats v${version} ${JSON.stringify(request)}`
  }

  #commit(client: Client): string {
    const version = client.instanceId === null ? 2 + this.#dice.below(8) : 7 + this.#dice.below(3)
    const partitions = [{ partitionIndex: this.#dice.below(3), committedOffset: this.#dice.below(100), committedMetadata: '' }]
    const request = {
      groupId: this.#groupId,
      generationIdOrMemberEpoch: this.#generation(client),
      memberId: this.#memberId(client),
      ...this.#instanceId(client, version, 7),
      topics: [{ name: 'orders', partitions }],
    }
    this.#ask(client, offsetCommit, version, request, () => undefined)
    return `${client.name} commits v${version} ${JSON.stringify(request)}`
  }

  #leave(client: Client): string {
    const version = client.instanceId === null ? this.#dice.below(6) : 3 + this.#dice.below(3)
    const memberId = this.#memberId(client)
    const members = [client, ...(this.#chance(20) ? [this.#dice.pick(this.#clients)] : [])].map((each) => ({
      memberId: each === client ? memberId : each.memberId,
      groupInstanceId: each.instanceId,
      ...(version >= 5 ? { reason: 'done' } : {}),
    }))
    const request = version < 3 ? { groupId: this.#groupId, memberId } : { groupId: this.#groupId, members }
    this.#ask(client, leaveGroup, version, request, () => undefined)
    return `${client.name} leaves v${version} ${JSON.stringify(request)}`
  }

  /** It begins anew, knowing nothing. */
  #restart(client: Client): string {
    Object.assign(client, { memberId: '', generationId: -1, isLeader: false })
    return `${client.name} begins anew`
  }

  #administer(): string {
    const { groupId } = this
    const roll = this.#dice.below(6)
    const version = this.#dice.below(7)
    if (roll < 2)
      this.#ask(undefined, describeGroups, version, {
        groups: [groupId, 'nothing'],
        includeAuthorizedOperations: version >= 3 && this.#chance(50),
      })
    else if (roll < 3) this.#ask(undefined, deleteGroups, this.#dice.below(3), { groupsNames: [groupId, 'nothing'] })
    else if (roll < 4) this.#removeInstance()
    else if (roll < 5) {
      const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }]
      this.#ask(undefined, offsetDelete, 0, { groupId, topics })
    } else this.#ask(undefined, offsetFetch, 8, { groups: [{ groupId, topics: null }] })
    return `an administrator, ${roll}, v${version}`
  }

  #removeInstance(): void {
    const members = [{ memberId: '', groupInstanceId: this.#dice.pick(['a', 'b', 'c']) }]
    this.#ask(undefined, leaveGroup, 5, { groupId: this.#groupId, members })
  }

  get groupId(): string {
    return this.#groupId
  }

  #ask<Request, RequestInput, Response, ResponseInput>(
    client: Client | undefined,
    api: Api<Request, RequestInput, Response, ResponseInput>,
    version: number,
    message: RequestInput,
    learn: (response: Response) => void = () => undefined,
  ): void {
    const connection = client?.connection ?? this.#admin
    if (connection === undefined) throw new Error('not connected')
    if (client !== undefined) client.isWaiting = true
    const isDue = api.name !== 'JoinGroup' && api.name !== 'SyncGroup'
    this.#underWay++
    if (isDue) this.#due++
    this.#lastAnswerMs = performance.now()
    const note = (response: unknown): void => {
      if (client !== undefined) client.isWaiting = false
      this.#underWay--
      if (isDue) this.#due--
      this.#lastAnswerMs = performance.now()
      this.#answers.push({ from: `${client?.name ?? 'administrator'}: ${api.name}`, response })
    }
    connection.request(api, version, message).then(
      (response) => {
        learn(response)
        note(response)
      },
      (error: unknown) => note(String(error)),
    )
  }

  #alias(memberId: string, client: Client): void {
    if (this.#aliases.has(memberId) || memberId === 'nobody') return
    this.#aliases.set(memberId, `id ${++client.ids} of ${client.name}`)
  }

  #named(text: string): string {
    let named = text
    for (const [value, alias] of this.#aliases) named = named.replaceAll(value, alias)
    return named.replaceAll(uuid, '*')
  }

  #comparable(value: unknown, name = ''): unknown {
    if (Buffer.isBuffer(value)) return value.toString('latin1')
    if (typeof value === 'string') return this.#named(value)
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#comparable(item))
      return unordered.has(name) ? items.sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))) : items
    }
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    return Object.fromEntries(entries.map(([key, entry]) => [key, key === 'throttleTimeMs' ? '*' : this.#comparable(entry, key)]))
  }
}
