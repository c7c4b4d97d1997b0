/** A conversation about records, drawn from a seed: fetches in and out of sessions, offsets by time and by epoch, while topics change underneath. */

import { setTimeout as sleep } from 'node:timers/promises'
import {
  createTopics,
  deleteRecords,
  deleteTopics,
  ErrorCodes,
  fetch,
  type FetchRequestInput,
  type FetchResponse,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  produce,
  RecordBatchBuilder,
} from '@odradek/protocol'
import { createNodeCodecs } from '@odradek/runtime'
import type { Dice } from '../../fuzz/mutations.ts'
import type { Connection } from '../../golden/groups/lab.ts'

const codecs = createNodeCodecs()
const unknownId = 'bm9ib2R5LWtub3dzLW1lCg'

interface Session {
  readonly id: number
  readonly byId: boolean
  epoch: number
}

export class FetchDialogue {
  /** A line an answer, with what differs between brokers replaced. */
  readonly lines: string[] = []
  readonly #connection: Connection
  readonly #dice: Dice
  readonly #startMs: number
  readonly #aliases = new Map<string, string>()
  /** Ids of topics that are, or have been. */
  readonly #topicIds = new Map<string, string[]>()
  readonly #sessions: Session[] = []
  readonly #large: string
  readonly #small: string
  readonly #partitionsOf: ReadonlyMap<string, number>
  #produced = 0

  /** `startMs`: the first record's timestamp, the same for all brokers that are to be compared. `prefix`: of the topics' names. */
  constructor(connection: Connection, dice: Dice, startMs: number, prefix: string) {
    this.#large = `${prefix}-large`
    this.#small = `${prefix}-small`
    this.#partitionsOf = new Map([
      [this.#large, 3],
      [this.#small, 1],
    ])
    this.#connection = connection
    this.#dice = dice
    this.#startMs = startMs
  }

  async run(steps: number): Promise<readonly string[]> {
    for (const name of this.#partitionsOf.keys()) await this.#create(name)
    for (let step = 0; step < steps; step++) await this.#step()
    return this.lines
  }

  async #step(): Promise<void> {
    const roll = this.#dice.below(100)
    if (roll < 20) await this.#produce()
    else if (roll < 40) await this.#fetchInFull()
    else if (roll < 74) await this.#fetchOn()
    else if (roll < 90) await this.#listOffsets()
    else if (roll < 95) await this.#endOfEpoch()
    else if (roll < 98) await this.#deleteRecords()
    else await this.#recreate()
  }

  #chance(percent: number): boolean {
    return this.#dice.below(100) < percent
  }

  #name(): string {
    return this.#dice.pick([this.#large, this.#large, this.#small, 'nothing'])
  }

  #partition(name: string): number {
    return this.#chance(6) ? 9 : this.#dice.below(this.#partitionsOf.get(name) ?? 1)
  }

  #id(name: string): string {
    const ids = this.#topicIds.get(name) ?? [unknownId]
    return this.#chance(10) ? this.#dice.pick(ids) : (ids.at(-1) ?? unknownId)
  }

  async #create(name: string): Promise<void> {
    const topics = [{ name, numPartitions: this.#partitionsOf.get(name) ?? 1, replicationFactor: 1, assignments: [], configs: [] }]
    const seen = this.#topicIds.get(name) ?? []
    for (let left = 200; left > 0; left--) {
      await this.#connection.request(createTopics, 7, { topics })
      const found = await this.#connection.request(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
      const [topic] = found.topics
      const isLed = topic?.partitions.every(({ errorCode, leaderId }) => errorCode === ErrorCodes.NONE && leaderId >= 0)
      if (topic !== undefined && isLed === true && topic.partitions.length > 0 && !seen.includes(topic.topicId)) {
        this.#topicIds.set(name, [...seen, topic.topicId])
        this.#aliases.set(topic.topicId, `${name} the ${seen.length + 1}.`)
        // Leadership is known before it is taken up.
        for (let partition = 0; partition < topic.partitions.length; partition++) await this.#whenServed(name, partition)
        return
      }
      await sleep(50)
    }
    throw new Error(`topic ${name} did not come up`)
  }

  async #whenServed(name: string, partitionIndex: number): Promise<void> {
    for (let left = 200; left > 0; left--) {
      const { topics } = await this.#connection.request(listOffsets, 7, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex, timestamp: -1 }] }],
      })
      const [answer] = topics[0]?.partitions ?? []
      if (answer?.errorCode === ErrorCodes.NONE && answer.offset === 0) return
      await sleep(50)
    }
    throw new Error(`${name}-${partitionIndex} is not served`)
  }

  async #recreate(): Promise<void> {
    const name = this.#dice.pick([this.#large, this.#small])
    await this.#connection.request(deleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 })
    await this.#create(name)
    this.lines.push(`${name} is created anew`)
  }

  async #produce(): Promise<void> {
    const name = this.#dice.pick([this.#large, this.#large, this.#small])
    const index = this.#dice.below(this.#partitionsOf.get(name) ?? 1)
    const builder = new RecordBatchBuilder()
    for (let left = 1 + this.#dice.below(4); left > 0; left--) {
      const timestamp = this.#startMs + this.#produced * 10 - this.#dice.below(40)
      builder.append(timestamp, null, `value ${this.#produced++}`)
    }
    const records = builder.build({ crc32c: (data) => codecs.crc32c(data) })
    const partitionData = [{ index, records }]
    const response = await this.#connection.request(produce, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name, partitionData }] })
    this.#note(`produce to ${name}-${index}`, response)
  }

  async #fetchInFull(): Promise<void> {
    const wantsSession = this.#chance(75)
    const version = this.#version(this.#chance(50))
    const known = this.#sessions[this.#dice.below(this.#sessions.length + 1)]
    const request = {
      ...this.#limits(version),
      topics: this.#topics(version, 1 + this.#dice.below(4)),
      sessionId: version >= 7 && this.#chance(15) ? (known?.id ?? 0) : 0,
      sessionEpoch: version >= 7 && wantsSession ? 0 : -1,
    }
    const response = await this.#fetch('in full', version, request)
    if (response.sessionId !== 0) this.#sessions.push({ id: response.sessionId, byId: version >= 13, epoch: 1 })
  }

  async #fetchOn(): Promise<void> {
    const session = this.#sessions[Math.max(0, this.#sessions.length - 1 - this.#dice.below(3))]
    const byId = this.#chance(95) ? (session?.byId ?? true) : this.#chance(50)
    const version = Math.max(7, this.#version(byId))
    const request = {
      ...this.#limits(version),
      topics: this.#chance(50) ? [] : this.#topics(version, 1 + this.#dice.below(2)),
      sessionId: this.#chance(95) ? (session?.id ?? 1) : 1,
      sessionEpoch: (session?.epoch ?? 1) + (this.#chance(93) ? 0 : this.#dice.below(3)),
      forgottenTopicsData: this.#chance(20) ? this.#forgotten(version) : [],
    }
    const response = await this.#fetch('on', version, request)
    if (session !== undefined && response.errorCode === ErrorCodes.NONE && response.sessionId === session.id) session.epoch++
  }

  async #fetch(how: string, version: number, request: FetchRequestInput): Promise<FetchResponse> {
    const response = await this.#connection.request(fetch, version, request)
    if (response.sessionId !== 0 && !this.#aliases.has(`session ${response.sessionId}`)) {
      this.#aliases.set(`session ${response.sessionId}`, `session ${this.#sessions.length}`)
    }
    const sessionId = response.sessionId === 0 ? 'none' : this.#aliases.get(`session ${response.sessionId}`)
    this.#note(`fetch ${how} v${version} ${JSON.stringify(request)}`, { ...response, sessionId })
    return response
  }

  #version(byId: boolean): number {
    return byId ? 13 + this.#dice.below(5) : 4 + this.#dice.below(9)
  }

  #limits(version: number): { maxWaitMs: number; minBytes: number; maxBytes: number; isolationLevel: number } {
    const maxBytes = this.#chance(10) ? 1 : 1_000_000
    return { maxWaitMs: this.#chance(10) ? 20 : 0, minBytes: 1, maxBytes, isolationLevel: version >= 4 ? this.#dice.below(2) : 0 }
  }

  #topics(version: number, count: number): FetchRequestInput['topics'] {
    return Array.from({ length: count }, () => {
      const name = this.#name()
      const partitions = Array.from({ length: 1 + this.#dice.below(3) }, () => ({
        partition: this.#partition(name),
        fetchOffset: this.#chance(85) ? this.#dice.below(6) : this.#dice.pick([-1, 40, 1_000_000]),
        partitionMaxBytes: 1_000_000,
        ...(version >= 9 ? { currentLeaderEpoch: this.#chance(85) ? -1 : this.#dice.below(2) } : {}),
        // From version 12 on, in fact; but then earlier versions of the same session cannot tell what comes of it.
        ...(version >= 13 ? { lastFetchedEpoch: this.#chance(80) ? -1 : this.#dice.below(2) } : {}),
      }))
      return version >= 13 ? { topicId: this.#id(name), partitions } : { topic: name, partitions }
    })
  }

  #forgotten(version: number): NonNullable<FetchRequestInput['forgottenTopicsData']> {
    const name = this.#name()
    const partitions = [this.#partition(name)]
    return [version >= 13 ? { topicId: this.#id(name), partitions } : { topic: name, partitions }]
  }

  async #listOffsets(): Promise<void> {
    const version = 1 + this.#dice.below(11)
    const topics = Array.from({ length: 1 + this.#dice.below(2) }, () => {
      const name = this.#name()
      const partitions = Array.from({ length: 1 + this.#dice.below(2) }, () => ({
        partitionIndex: this.#partition(name),
        timestamp: this.#chance(60) ? -1 - this.#dice.below(7) : this.#startMs - 20 + this.#dice.below(this.#produced * 11 + 20),
        ...(version >= 4 ? { currentLeaderEpoch: this.#chance(85) ? -1 : this.#dice.below(2) } : {}),
      }))
      return { name, partitions }
    })
    const request = { replicaId: -1, ...(version >= 2 ? { isolationLevel: this.#dice.below(2) } : {}), topics }
    const response = await this.#connection.request(listOffsets, version, request)
    // Their order says nothing: Kafka keeps them in hash maps.
    for (const { partitions } of response.topics) partitions.sort((one, other) => one.partitionIndex - other.partitionIndex)
    response.topics.sort((one, other) => one.name.localeCompare(other.name))
    this.#note(`list offsets v${version} ${JSON.stringify(request)}`, response)
  }

  async #endOfEpoch(): Promise<void> {
    const name = this.#name()
    const partitions = [
      { partition: this.#partition(name), currentLeaderEpoch: this.#dice.below(3) - 1, leaderEpoch: this.#dice.below(4) - 1 },
    ]
    const request = { replicaId: -1, topics: [{ topic: name, partitions }] }
    this.#note(`end of epoch ${JSON.stringify(request)}`, await this.#connection.request(offsetForLeaderEpoch, 4, request))
  }

  async #deleteRecords(): Promise<void> {
    const name = this.#name()
    const partitions = [{ partitionIndex: this.#partition(name), offset: this.#dice.pick([-1, 1, 2, 3, 1000]) }]
    const request = { topics: [{ name, partitions }], timeoutMs: 5000 }
    this.#note(`delete records ${JSON.stringify(request)}`, await this.#connection.request(deleteRecords, 2, request))
  }

  #note(what: string, response: unknown): void {
    this.lines.push(this.#named(`${what}\n  ${JSON.stringify(comparable(response))}`))
  }

  #named(text: string): string {
    let named = text
    for (const [value, alias] of this.#aliases) named = named.replaceAll(value, alias)
    return named.replaceAll(/"sessionId":\d+/g, '"sessionId":"*"')
  }
}

const masked: ReadonlySet<string> = new Set(['host', 'port', 'nodeId', 'leaderId', 'throttleTimeMs'])

function comparable(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, masked.has(key) ? '*' : comparable(entry)]))
}
