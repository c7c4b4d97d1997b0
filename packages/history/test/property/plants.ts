/** For every rule a way to break it, once, in a world that is sound otherwise. */

import type { HistoryEvent, Recording } from '../../src/index.ts'
import { type Read, TOPIC, type World } from './world.ts'

/** Longer than anything in the world takes. */
export const STUCK_AFTER_MS = 10_000_000

export type Plant = (world: World) => void

const at = (offset: number): { topic: string; partition: number; offset: number }[] => [{ topic: TOPIC, partition: 0, offset }]

function send(world: World, client: string, value = world.name('planted'), transaction?: string): Recording<[number, number]> {
  return world.recorder.send({ client, topic: TOPIC, partition: 0, value, ...(transaction === undefined ? {} : { transaction }) })
}

function producer(world: World, transactionalId?: string): string {
  const client = world.name('planter')
  const options = transactionalId === undefined ? {} : { transactionalId }
  world.recorder.openProducer({ client, process: client, acks: 'all', idempotent: true, ...options })
  return client
}

/** A record that is written and acknowledged as it should be. */
function record(world: World, client = producer(world)): Read {
  const value = world.name('planted')
  const sending = send(world, client, value)
  const offset = world.append(0, { value, producer: client, transaction: undefined })
  sending.ok(0, offset)
  return { topic: TOPIC, partition: 0, offset, value }
}

/** A record of a transaction that is open. */
function open(world: World): { client: string; name: string; read: Read; transaction: { state: 'open' | 'aborted' | 'committed' } } {
  const client = producer(world, world.name('id'))
  const transaction = { name: world.name('transaction'), state: 'open' as 'open' | 'aborted' | 'committed', partitions: new Set([0]) }
  const value = world.name('planted')
  const sending = send(world, client, value, transaction.name)
  const offset = world.append(0, { value, producer: client, transaction })
  sending.ok(0, offset)
  return { client, name: transaction.name, transaction, read: { topic: TOPIC, partition: 0, offset, value } }
}

const inOrder = (reads: Read[]): Read[] => reads.toSorted((left, right) => left.partition - right.partition || left.offset - right.offset)
const without = (reads: Read[], { value }: Read): Read[] => reads.filter((read) => read.value !== value)

/** Two members of a group of their own, the first of which owns partition 0. */
function pair(world: World): { first: string; second: string; group: string } {
  const group = world.name('group')
  const [first, second] = [world.name('first'), world.name('second')]
  for (const client of [first, second]) {
    world.recorder.openConsumer({ client, process: client, group, isolation: 'read_committed', reset: 'none', sessionTimeoutMs: 10_000 })
  }
  world.recorder.assigned({ client: first, partitions: [{ topic: TOPIC, partition: 0 }], generation: 1 })
  return { first, second, group }
}

function assign(world: World, client: string, generation: number): void {
  world.recorder.assigned({ client, partitions: [{ topic: TOPIC, partition: 0 }], generation })
}

function pipeline(world: World, outputs: number): void {
  const [output, group, client] = [world.name('output'), world.name('group'), producer(world, world.name('id'))]
  world.recorder.topic({ topic: output, partitions: 1 })
  world.recorder.pipeline({ group, input: TOPIC, output })
  const input = record(world)
  const transaction = world.name('transaction')
  for (let count = 0; count < outputs; count++) {
    world.recorder.send({ client, topic: output, value: world.name('made'), from: input.value, transaction }).ok(0, count)
  }
  if (outputs === 0) world.recorder.sendOffsets({ client, transaction, group, offsets: at(input.offset + 1) }).ok()
  world.recorder.end({ client, transaction, commit: true }).ok()
}

export const plants: Readonly<Record<string, Plant>> = {
  'lost-write': (world) => {
    const lost = record(world)
    world.logs[0]?.splice(lost.offset, 1, { value: undefined, producer: '', transaction: undefined })
  },
  'offset-conflict': (world) => {
    const { offset } = record(world)
    const other = world.name('planted')
    send(world, producer(world), other).info()
    world.audit(false, (reads) => reads.map((read) => (read.partition === 0 && read.offset === offset ? { ...read, value: other } : read)))
  },
  duplicate: (world) => {
    const { value } = record(world)
    world.append(0, { value, producer: '', transaction: undefined })
  },
  reordering: (world) => {
    const client = producer(world)
    const values = [world.name('planted'), world.name('planted')]
    const sends = values.map((value) => ({ value, sending: send(world, client, value) }))
    for (const { value, sending } of sends.toReversed()) sending.ok(0, world.append(0, { value, producer: client, transaction: undefined }))
  },
  'non-monotonic-send': (world) => {
    const client = producer(world)
    const late = world.name('planted')
    const hole = world.append(0, { value: late, producer: client, transaction: undefined })
    record(world)
    send(world, client, late).ok(0, hole)
  },
  'phantom-read': (world) => void world.append(0, { value: world.name('nobody'), producer: '', transaction: undefined }),
  'aborted-read': (world) => {
    world.settle()
    const { client, name, read, transaction } = open(world)
    transaction.state = 'aborted'
    world.recorder.end({ client, transaction: name, commit: false }).ok()
    world.audit(true, (reads) => inOrder([...reads, read]))
  },
  'uncommitted-read': (world) => {
    world.settle()
    const { client, name, read, transaction } = open(world)
    world.audit(true, (reads) => inOrder([...without(reads, read), read]))
    transaction.state = 'committed'
    world.recorder.end({ client, transaction: name, commit: true }).ok()
  },
  'non-monotonic-poll': (world) => {
    record(world)
    const auditor = world.audit(false)
    auditor.positions.set(0, (auditor.positions.get(0) ?? 0) - 1)
    world.poll(auditor, 5)
  },
  'poll-skip': (world) => {
    const skipped = record(world)
    world.audit(false)
    world.audit(false, (reads) => without(reads, skipped))
  },
  unseen: (world) => {
    world.settle()
    const { offset } = record(world)
    record(world)
    world.committed.set(0, offset + 1)
    for (const member of world.members) world.recorder.close(member.client)
    world.members = [world.openMember()]
    world.assignAll()
  },
  'unowned-read': (world) => {
    record(world)
    const auditor = world.audit(false)
    world.recorder.revoked({ client: auditor.client, partitions: [{ topic: TOPIC, partition: 0 }] })
    record(world)
    world.poll(auditor, 5)
  },
  'offset-beyond-end': (world) => {
    const { offset } = record(world)
    const { client } = world.audit(false)
    world.recorder.bounds({ client, isolation: 'read_uncommitted' }).ok([{ topic: TOPIC, partition: 0, end: offset }])
  },
  'non-monotonic-commit': (world) => {
    const { first: client, group } = pair(world)
    const { offset } = record(world)
    world.recorder.commit({ client, group, offsets: at(offset + 1) }).ok()
    world.recorder.commit({ client, group, offsets: at(offset) }).ok()
  },
  'lost-commit': (world) => {
    const { first: client, group } = pair(world)
    const { offset } = record(world)
    world.recorder.commit({ client, group, offsets: at(offset + 1) }).ok()
    world.recorder.committed({ client, group }).ok(world.random(2) === 0 ? [] : at(offset))
  },
  'two-owners': (world) => assign(world, pair(world).second, 1),
  'overlapping-owners': (world) => {
    const { first: client, second, group } = pair(world)
    world.recorder.poll({ client }).ok([])
    world.recorder.commit({ client, group, offsets: at(0) }).ok()
    assign(world, second, 2)
  },
  'expelled-commit': (world) => {
    const { first: client, second, group } = pair(world)
    assign(world, second, 2)
    world.recorder.commit({ client, group, offsets: at(0), ...(world.random(2) === 0 ? { generation: 1 } : {}) }).ok()
  },
  'fenced-producer': (world) => {
    const id = world.name('id')
    const first = producer(world, id)
    world.recorder.init({ client: producer(world, id) }).ok()
    world.recorder.end({ client: first, transaction: world.name('transaction'), commit: true }).ok()
  },
  'exactly-once': (world) => pipeline(world, world.random(2) * 2),
  'stuck-producer': (world) => {
    world.settle()
    const sending = send(world, producer(world))
    world.pass(2 * STUCK_AFTER_MS)
    sending.info()
  },
  'stuck-consumer': (world) => {
    world.settle()
    const polling = world.recorder.poll({ client: pair(world).first })
    world.pass(2 * STUCK_AFTER_MS)
    polling.ok([])
  },
}

export function describeEvents(events: readonly HistoryEvent[], lines: readonly number[]): string {
  return lines.map((line) => `${line} ${JSON.stringify(events[line - 1])}`).join('\n')
}
