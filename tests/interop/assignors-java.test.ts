// Assignors against Kafka's own: on random groups, over several rebalances each, every member is given the same partitions.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Assignment, AssignorMember, AssignorName, AssignorTopics, TopicPartition } from '@odradek/client'
import { createAssignor } from '@odradek/client'
import { consumerProtocolSubscription } from '@odradek/protocol'
import { runJava } from './harness/java-program.ts'
import { harnessDir } from './harness/paths.ts'

const INPUTS = 1000
const ROUNDS = 5
const SEED = Number(process.env['ODRADEK_SEED'] ?? 1)
/** Of the generation that Java's assignors are told. */
const GENERATION = 7

interface Group {
  readonly topics: AssignorTopics
  readonly members: readonly AssignorMember[]
}

interface Given {
  readonly partitions: readonly string[]
  readonly userData: string | null
}

function numbersFrom(seed: number): (bound: number) => number {
  let state = BigInt(seed) * 2n + 1n
  return (bound) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn
    return Number((state >> 33n) % BigInt(bound))
  }
}

const placeName = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

/** A group, and what becomes of it as members, topics and partitions come and go. */
class History {
  readonly #name: AssignorName
  readonly #int: (bound: number) => number
  readonly #racks: readonly string[]
  readonly #wantsDiffer: boolean
  readonly #saysOldClaims: boolean
  #topics = new Map<string, (readonly string[])[]>()
  #members: AssignorMember[] = []
  #last: ReadonlyMap<string, Assignment> = new Map()
  #generation = 0
  #count = 0

  constructor(name: AssignorName, seed: number) {
    this.#name = name
    this.#int = numbersFrom(seed)
    this.#racks = this.#int(3) === 0 ? ['a', 'b', 'c'] : []
    this.#wantsDiffer = this.#int(2) === 0
    this.#saysOldClaims = this.#int(3) === 0
    for (let topics = 1 + this.#int(4); topics > 0; topics--) this.#addTopic()
    for (let members = 1 + this.#int(7); members > 0; members--) this.#addMember()
  }

  next(): Group {
    if (this.#generation > 0) this.#change()
    const all = [...this.#topics.keys()]
    this.#members = this.#members.map((member) => this.#subscribed({ ...member, topics: this.#wantsDiffer ? member.topics : all }))
    return { topics: new Map(this.#topics), members: this.#members }
  }

  assigned(result: ReadonlyMap<string, Assignment>): void {
    this.#last = result
    this.#generation++
  }

  #change(): void {
    for (let changes = this.#int(4); changes > 0; changes--) {
      const what = this.#int(6)
      if (what === 0) this.#addTopic()
      else if (what <= 2) this.#addMember()
      else if (what === 3 && this.#members.length > 1) this.#members.splice(this.#int(this.#members.length), 1)
      else if (what === 4 && this.#topics.size > 1) this.#topics.delete(this.#one([...this.#topics.keys()]))
      else this.#grow()
    }
  }

  #addTopic(): void {
    const partitions = Array.from({ length: 1 + this.#int(12) }, () => this.#replicas())
    this.#topics.set(`topic-${this.#count++}${'x'.repeat(this.#int(3))}`, partitions)
  }

  #grow(): void {
    const topic = this.#one([...this.#topics.keys()])
    this.#topics.set(topic, [...(this.#topics.get(topic) ?? []), this.#replicas()])
  }

  #replicas(): readonly string[] {
    return this.#racks.filter(() => this.#int(2) === 0)
  }

  #addMember(): void {
    const memberId = `consumer-${this.#int(1_000_000).toString(36)}-${this.#count++}`
    this.#members.push({
      memberId,
      groupInstanceId: this.#int(4) === 0 ? `instance-${this.#int(1_000_000)}` : null,
      topics: this.#some([...this.#topics.keys()]),
      userData: null,
      owned: [],
      generationId: -1,
      rackId: this.#racks.length > 0 && this.#int(4) > 0 ? this.#one(this.#racks) : null,
    })
  }

  /** With what a member says of its past; some are a generation behind, and some claim what is another's. */
  #subscribed(member: AssignorMember): AssignorMember {
    const isNew = !this.#last.has(member.memberId)
    const others = [...this.#last.values()]
    const isConfused = this.#saysOldClaims && this.#int(3) === 0 && others.length > 0
    const held = isConfused ? (others[this.#int(others.length)]?.partitions ?? []) : (this.#last.get(member.memberId)?.partitions ?? [])
    const owned = held.filter(({ topic }) => member.topics.includes(topic))
    const generationId = (isNew && !isConfused) || this.#generation === 0 ? -1 : this.#generation - (this.#saysOldClaims ? this.#int(2) : 0)
    const assignor = createAssignor(this.#name)
    if (generationId >= 0) assignor.onAssignment?.({ partitions: owned }, generationId)
    const isOldClient = this.#saysOldClaims && this.#int(4) === 0
    return {
      ...member,
      userData: assignor.subscriptionUserData?.(member.topics) ?? null,
      owned: this.#name === 'cooperative-sticky' ? owned : [],
      generationId: isOldClient ? -1 : generationId,
    }
  }

  #one<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    return choices[this.#int(choices.length)] as T
  }

  #some(choices: readonly string[]): string[] {
    const some = choices.filter(() => this.#int(2) === 0)
    return some.length === 0 ? [this.#one(choices)] : some
  }
}

function line(assignor: AssignorName, { topics, members }: Group): string {
  return JSON.stringify({
    assignor,
    topics: Object.fromEntries(topics),
    members: members.map(({ memberId, groupInstanceId, owned, ...subscription }) => ({
      memberId,
      groupInstanceId,
      metadata: consumerProtocolSubscription
        .encode({ ...subscription, ownedPartitions: owned.map(({ topic, partition }) => ({ topic, partitions: [partition] })) })
        .toString('base64'),
    })),
  })
}

for (const name of ['range', 'round-robin', 'sticky', 'cooperative-sticky'] as const) {
  test(`${name}: as Java on ${INPUTS} groups of ${ROUNDS} rebalances`, async () => {
    const inputs: string[] = []
    const results: ReadonlyMap<string, Assignment>[] = []
    for (let seed = SEED; seed < SEED + INPUTS; seed++) {
      const history = new History(name, seed)
      for (let round = 0; round < ROUNDS; round++) {
        const group = history.next()
        const result = createAssignor(name).assign(group.topics, group.members)
        inputs.push(line(name, group))
        results.push(result)
        history.assigned(result)
      }
    }
    const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'Assign.java'), [], { stdin: `${inputs.join('\n')}\n` })
    assert.equal(code, 0, stderr)
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, inputs.length)
    for (const [index, result] of results.entries()) {
      const java = JSON.parse(lines[index] ?? '') as Record<string, Given>
      const where = `seed ${SEED + Math.floor(index / ROUNDS)}, round ${index % ROUNDS}: ${inputs[index]}`
      for (const [memberId, assignment] of result) {
        const given = java[memberId]
        assert.deepEqual(assignment.partitions.map(placeName).sort(), [...(given?.partitions ?? [])].sort(), where)
        // Java writes topics in the order of a hash table.
        if (new Set(assignment.partitions.map(({ topic }) => topic)).size > 1) continue
        const own = createAssignor(name)
        const partitions = (given?.partitions ?? []).map(toPlace)
        own.onAssignment?.({ partitions }, GENERATION)
        assert.equal(own.subscriptionUserData?.([])?.toString('base64') ?? null, given?.userData ?? null, where)
      }
    }
  })
}

function toPlace(place: string): TopicPartition {
  const dash = place.lastIndexOf('-')
  return { topic: place.slice(0, dash), partition: Number(place.slice(dash + 1)) }
}
