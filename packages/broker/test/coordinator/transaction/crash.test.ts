/**
 * The broker dies after each append that the end of a transaction makes, to whichever log: whatever it had written by then, a restart makes
 * the same of all partitions and offsets, and the producer goes on.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, fetch, findCoordinator } from '@odradek/protocol'
import type { Simulation } from '@odradek/runtime/sim'
import { createSimulation } from '@odradek/runtime/sim'
import { committedValuesOf } from '../../support/batches.ts'
import { fetchRequest, one } from '../../support/requests.ts'
import { brokerHost, startSimulated } from '../../support/simulated-broker.ts'
import { committedOffset, describeTransaction, TransactionalClient, whenEnded } from '../../support/transactional-client.ts'
import type { WireClient } from '../../support/wire-client.ts'

const group = 'billing'
const partitions = [0, 1, 2]
/** The test's records have the time of day, which is not the simulation's. */
const topics = { orders: { partitions: partitions.length, configs: { 'message.timestamp.type': 'LogAppendTime' } } }
const config = { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' }
const decisions = '__transaction_state-0'
/** Logs that get a marker each, between the decision and the completion. */
const marked = ['__consumer_offsets-0', 'orders-0', 'orders-1', 'orders-2']

/** Which appends, counted from 0, are held back until the process dies. */
type Held = (append: number) => boolean

const none: Held = () => false

class AppendGate {
  readonly passed: string[] = []
  #count = 0
  #held = none

  /** Counts anew. */
  arm(held: Held): void {
    this.passed.length = 0
    this.#count = 0
    this.#held = held
  }

  async pass(path: string): Promise<void> {
    const [, log] = /\/([^/]+)\/\d+\.log$/.exec(path) ?? []
    if (log === undefined) return
    if (this.#held(this.#count++)) await new Promise(() => undefined)
    this.passed.push(log)
  }
}

const start = (simulation: Simulation, gate: AppendGate): Promise<WireClient> =>
  startSimulated(simulation, { config, topics }, { beforeWrite: (path) => gate.pass(path) })

/** Writes to every partition and commits an offset, all in one transaction that stays open. */
async function write(producer: TransactionalClient, value: string, offset: number): Promise<void> {
  for (const partition of partitions) {
    assert.equal((await producer.send('orders', value, 12, 0, partition)).errorCode, ErrorCodes.NONE)
  }
  assert.equal(await producer.commitOffset(group, 'orders', offset, 5), ErrorCodes.NONE)
}

/** The committed values of each partition. */
async function committed(client: WireClient): Promise<string[][]> {
  const request = fetchRequest('orders', Object.fromEntries(partitions.map((partition) => [partition, 0])), { isolationLevel: 1 })
  return one((await client.request(fetch, 12, request)).responses).partitions.map((data) => committedValuesOf(data))
}

const everywhere = (...values: string[]): string[][] => partitions.map(() => values)

/** The committed offset, once the coordinator knows it for good. */
async function stableOffset(client: WireClient): Promise<number> {
  for (;;) {
    const found = await committedOffset(client, group, 'orders', true)
    if (found.errorCode === ErrorCodes.NONE) return found.committedOffset
  }
}

interface Ended {
  readonly values: string[][]
  readonly offset: number
}

/** Before the decision is written nothing has ended, and afterwards all of it does, though the producer does not ask again. */
async function checkWhole(client: WireClient, isDecided: boolean, commits: boolean, ended: Ended): Promise<void> {
  const { state } = await describeTransaction(client)
  if (isDecided) {
    assert.equal(state, commits ? 'CompleteCommit' : 'CompleteAbort')
    assert.deepEqual(await committed(client), ended.values)
    assert.equal(await stableOffset(client), ended.offset)
  } else {
    assert.equal(state, 'Ongoing')
    assert.deepEqual(await committed(client), everywhere('first'))
    assert.equal((await committedOffset(client, group, 'orders', true)).errorCode, ErrorCodes.UNSTABLE_OFFSET_COMMIT)
  }
}

/** The producer does not know how far its request got: it repeats it, and has another transaction. */
async function goOn(producer: TransactionalClient, commits: boolean, ended: Ended): Promise<void> {
  const { client } = producer
  assert.equal((await producer.end(commits, 5)).errorCode, ErrorCodes.NONE)
  await whenEnded(client)
  assert.deepEqual(await committed(client), ended.values)
  assert.equal(await stableOffset(client), ended.offset)
  await write(producer, 'third', 9)
  assert.equal((await producer.end(true, 5)).errorCode, ErrorCodes.NONE)
  await whenEnded(client)
  assert.deepEqual(
    await committed(client),
    ended.values.map((values) => [...values, 'third']),
  )
  assert.equal(await stableOffset(client), 9)
}

/** Ends a transaction and kills the broker once all appends have been made that are not held. Returns their logs, in order. */
async function crash(held: Held, commits: boolean): Promise<readonly string[]> {
  const simulation = createSimulation({ seed: 1 })
  return simulation.run(async () => {
    const gate = new AppendGate()
    const before = await start(simulation, gate)
    await before.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: [group] })
    const producer = await new TransactionalClient(before).init()
    await write(producer, 'first', 3)
    await producer.end(true, 5)
    await whenEnded(before)
    await write(producer, 'second', 7)
    const { identity } = producer
    gate.arm(held)
    void producer.end(commits, 5).catch(() => undefined)
    await simulation.sleep(1000)
    const passed = [...gate.passed]
    simulation.kill(brokerHost)

    gate.arm(none)
    const client = await start(simulation, gate)
    await simulation.sleep(1000)
    const ended = commits ? { values: everywhere('first', 'second'), offset: 7 } : { values: everywhere('first'), offset: 3 }
    await checkWhole(client, passed.length > 0, commits, ended)
    const again = new TransactionalClient(client)
    again.identity = identity
    await goOn(again, commits, ended)
    return passed
  })
}

for (const commits of [true, false]) {
  const what = commits ? 'a commit' : 'an abort'

  test(`killed after any append of ${what}, a transaction ends whole or is still open`, async () => {
    const appended = await crash(none, commits)
    assert.deepEqual([appended.at(0), appended.slice(1, -1).toSorted(), appended.at(-1)], [decisions, marked, decisions])
    let crashes = 0
    for (; crashes < appended.length; crashes++) {
      const passed = await crash((append) => append >= crashes, commits)
      assert.deepEqual(passed, appended.slice(0, crashes))
    }
    assert.ok(crashes > 5)
  })

  test(`killed when every marker of ${what} but one is written, a transaction ends whole`, async () => {
    for (let missing = 1; missing <= marked.length; missing++) {
      const passed = await crash((append) => append === missing, commits)
      assert.deepEqual([passed.at(0), passed.length], [decisions, marked.length], 'it is not complete')
    }
  })
}
