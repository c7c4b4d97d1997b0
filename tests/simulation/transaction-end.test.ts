/** The broker, and the producer with it, killed between any two steps of a commit and of an abort, and in each append: the transaction is there whole, or gone. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Broker, inspectPartition, startBroker } from '@odradek/broker'
import { Kafka, string } from '@odradek/client'
import { createSimulation, type Simulation } from '@odradek/runtime/sim'

const BROKER = 'broker'
const DATA = '/var/lib/kafka'
const GROUP = 'billing'
const PARTITIONS = [0, 1]
const VALUES = PARTITIONS.map((partition) => `of ${partition}`)
/** The order of the markers in them is nobody's to say. */
const MARKED = ['invoices-0', 'invoices-1', '__consumer_offsets-0']
const STATE_LOG = '__transaction_state-0'
const config = { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' }
const group = { groupId: GROUP, generationId: -1, memberId: '', groupInstanceId: null }
/** What is left to be done once an end has been answered is soon done. */
const SOON_MS = 2000
const SEEDS = [1, 2, 3]
const TORN_EVERY_BYTES = 40

/** How the broker dies, once the end of the transaction has been asked for. */
type Death =
  /** After so many steps: ends of file operations and timers. */
  | { readonly steps: number; readonly seed: number }
  /** In a write to this log, of which so many bytes are there. */
  | { readonly log: string; readonly bytes: number }

interface Outcome {
  /** Death came too late. */
  readonly isOver: boolean
  /** Batches in the coordinator's log since the end was asked for: 1 says how it is to end, 2 that it has ended. */
  readonly states: number
  /** Logs with a marker. */
  readonly marked: number
  readonly visible: 'whole' | 'gone'
}

function start(simulation: Simulation): Promise<Broker> {
  const runtime = simulation.runtime(BROKER)
  const topics = { orders: {}, invoices: { partitions: PARTITIONS.length } }
  return startBroker({ runtime, host: BROKER, port: 9092, dataDir: DATA, topics, config })
}

function kafkaOn(simulation: Simulation, host: string): Kafka {
  const runtime = simulation.runtime(host)
  return new Kafka({ bootstrapServers: `${BROKER}:9092`, clientId: host, runtime, logger: { warn: () => undefined } })
}

function arrange(simulation: Simulation, death: Death): void {
  if ('steps' in death) simulation.killAfter(BROKER, death.steps)
  else void simulation.disk(BROKER).tearNextWrite(new RegExp(`/${death.log}/.*\\.log$`), death.bytes)
}

async function dieWhileEnding(death: Death, commits: boolean): Promise<Outcome> {
  const simulation = createSimulation({ seed: 'steps' in death ? death.seed : 1 })
  return await simulation.run(async () => {
    await start(simulation)
    const producer = kafkaOn(simulation, 'first').producer({ value: string, transactionalId: 'biller', lingerMs: 0 })
    await producer.initTransactions()
    producer.beginTransaction()
    await Promise.all(PARTITIONS.map((partition) => producer.send({ topic: 'invoices', partition, value: `of ${partition}` })))
    await producer.sendOffsetsToTransaction([{ topic: 'orders', partition: 0, offset: 7 }], group)
    const before = await batches(simulation)

    const died = new Promise<false>((resolve) => simulation.onDeath(BROKER, () => resolve(false)))
    arrange(simulation, death)
    let isAnswered = false
    void (commits ? producer.commitTransaction() : producer.abortTransaction()).then(() => {
      isAnswered = true
    })
    const isOver = await Promise.race([died, simulation.sleep(SOON_MS).then(() => true)])
    simulation.kill('first')
    simulation.kill(BROKER)
    simulation.disk(BROKER).disarm()
    const added = new Map([...(await batches(simulation))].map(([log, count]) => [log, count - (before.get(log) ?? 0)]))

    await start(simulation)
    const visible = await look(kafkaOn(simulation, 'second'))
    const states = added.get(STATE_LOG) ?? 0
    const expected = commits && states > 0 ? 'whole' : 'gone'
    assert.equal(visible, expected, JSON.stringify({ death, isAnswered, added: [...added] }))
    if (isAnswered) assert.ok(states > 0, `answered before it was written down: ${JSON.stringify(death)}`)
    return { isOver, states, marked: MARKED.filter((log) => added.get(log) === 1).length, visible }
  })
}

/** In each log that the end of a transaction is written to; whole ones. */
async function batches(simulation: Simulation): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const log of [STATE_LOG, ...MARKED]) {
    let count = 0
    for await (const { kind } of inspectPartition(simulation.runtime(BROKER), join(DATA, log))) if (kind === 'batch') count += 1
    counts.set(log, count)
  }
  return counts
}

/** By a successor, which ends what is open. Throws AssertionError for anything in between. */
async function look(kafka: Kafka): Promise<'whole' | 'gone'> {
  await kafka.producer({ value: string, transactionalId: 'biller' }).initTransactions()
  const consumer = kafka.consumer({ value: string, isolationLevel: 'read_committed', autoOffsetReset: 'earliest' })
  const places = PARTITIONS.map((partition) => ({ topic: 'invoices', partition }))
  await consumer.assign(places)
  const values: string[] = []
  for (const end of await consumer.endOffsets(places))
    while ((await consumer.position(end)) < end.offset) for (const { value } of await consumer.poll(100)) values.push(value ?? '')
  const offsets = (await kafka.admin().listGroupOffsets(GROUP)).map(({ offset }) => offset)
  const isThere = offsets.length > 0
  assert.deepEqual({ values: values.toSorted(), offsets }, isThere ? { values: VALUES, offsets: [7] } : { values: [], offsets: [] })
  return isThere ? 'whole' : 'gone'
}

/** Ever later deaths, until one comes too late. */
async function until(deathAt: (turn: number) => Death, commits: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let turn = 0; outcomes.at(-1)?.isOver !== true; turn++) outcomes.push(await dieWhileEnding(deathAt(turn), commits))
  return outcomes
}

for (const commits of [true, false]) {
  test(`killed between any two appends of ${commits ? 'a commit' : 'an abort'}, a transaction is there whole or gone`, async (t) => {
    const outcomes: Outcome[] = []
    for (const seed of SEEDS) outcomes.push(...(await until((turn) => ({ steps: turn + 1, seed }), commits)))
    for (const log of [STATE_LOG, ...MARKED]) outcomes.push(...(await until((turn) => ({ log, bytes: turn * TORN_EVERY_BYTES }), commits)))
    const times = new Map<string, number>()
    for (const { states, marked, visible } of outcomes) {
      const what = `${visible}: ${states} states, ${marked} of ${MARKED.length} markers`
      times.set(what, (times.get(what) ?? 0) + 1)
    }
    for (const [what, count] of times) t.diagnostic(`${count} times ${what}`)
    const reached = (states: number, marked: number): boolean => outcomes.some((each) => each.states === states && each.marked === marked)
    assert.ok(reached(0, 0) && reached(2, 3), 'before the first append, and after the last')
    for (const marked of [0, 1, 2, 3]) assert.ok(reached(1, marked), `between the decision and its completion, with ${marked} markers`)
  })
}
