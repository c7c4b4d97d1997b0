/** Our client on a broker of three nodes whose leaders and coordinators move, and whose nodes stop and start. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker } from '@odradek/broker'
import { startBroker } from '@odradek/broker'
import type { Consumer } from '@odradek/client'
import { Kafka, string } from '@odradek/client'
import { assertExactlyOnce } from '../proving/workload/exactly-once.ts'
import { readWithOdradek } from '../proving/workload/read-back.ts'
import { SequencedProducer } from '../proving/workload/sequenced-producer.ts'
import { Unrest } from './support/unrest.ts'

const PARTITIONS = 6
const GROUP = 'readers'
const topic = 'restless'

const impatient = {
  'retry.backoff.ms': '10',
  'retry.backoff.max.ms': '100',
  'reconnect.backoff.ms': '10',
  'reconnect.backoff.max.ms': '100',
  'linger.ms': '1',
}

function producerOf(broker: Broker, count: number, perSecond: number): { run: () => Promise<string> } {
  let journal = ''
  const options = {
    bootstrap: broker.bootstrapServers,
    topic,
    client: 'odradek',
    partitions: PARTITIONS,
    count,
    window: 2000,
    perSecond,
    config: impatient,
  }
  const producer = new SequencedProducer(options, (lines) => {
    journal += lines
  })
  return { run: () => producer.run().then(() => journal) }
}

test('leaders move every 50 ms: each record is there once and in order', { timeout: 60_000 }, async (t) => {
  await using broker = await startBroker({ nodes: 3, topics: { [topic]: { partitions: PARTITIONS } } })
  await using unrest = new Unrest(broker, { topic, partitions: PARTITIONS, moveEveryMs: 50, stopEveryMs: 0 })
  unrest.begin()
  const journal = await producerOf(broker, 12_000, 4000).run()
  const { moves } = await unrest.end()
  t.diagnostic(`${moves} moves`)
  assert.ok(moves > 20, `${moves} moves`)
  assertExactlyOnce(journal, await readWithOdradek(broker.bootstrapServers, topic, PARTITIONS), 12_000)
})

test('leaders move every 50 ms while nodes stop and start: each record is there once and in order', { timeout: 60_000 }, async (t) => {
  await using broker = await startBroker({ nodes: 3, topics: { [topic]: { partitions: PARTITIONS } } })
  await using unrest = new Unrest(broker, { topic, partitions: PARTITIONS, moveEveryMs: 50, stopEveryMs: 250 })
  unrest.begin()
  const journal = await producerOf(broker, 14_000, 4000).run()
  const { moves, stops } = await unrest.end()
  t.diagnostic(`${moves} moves, ${stops} stops`)
  assert.ok(moves > 20 && stops > 3, `${moves} moves, ${stops} stops`)
  assertExactlyOnce(journal, await readWithOdradek(broker.bootstrapServers, topic, PARTITIONS), 14_000)
})

interface Seen {
  readonly byPartition: Map<number, number[]>
  count: number
}

/** Polls and commits until so many records have come; each must follow the one before it in its partition. */
async function consume(consumer: Consumer<string, string>, total: number, seen: Seen): Promise<void> {
  while (seen.count < total) {
    const records = await consumer.poll(500)
    for (const { partition, offset } of records) {
      const offsets = seen.byPartition.get(partition) ?? []
      offsets.push(offset)
      seen.byPartition.set(partition, offsets)
      seen.count++
    }
    if (records.length > 0) await consumer.commitSync()
  }
}

test('a group of one keeps consuming while its coordinator moves, and is assigned but once', { timeout: 60_000 }, async (t) => {
  const total = 6000
  await using broker = await startBroker({ nodes: 3, topics: { [topic]: { partitions: PARTITIONS } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const consumer = kafka.consumer({
    key: string,
    value: string,
    groupId: GROUP,
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    heartbeatIntervalMs: 100,
    properties: { 'retry.backoff.ms': '10', 'reconnect.backoff.ms': '10', 'reconnect.backoff.max.ms': '100' },
  })
  let assignments = 0
  await consumer.subscribe([topic], { onAssigned: () => void assignments++ })
  const seen: Seen = { byPartition: new Map(), count: 0 }
  const consumed = consume(consumer, total, seen)
  const produced = producerOf(broker, total, 2000).run()
  let moves = 0
  const coordinators = new Set<number>()
  while (seen.count < total) {
    await sleep(200)
    const next = ((await broker.coordinatorOf(GROUP)) % 3) + 1
    await broker.moveCoordinator(GROUP, next)
    coordinators.add(next)
    moves++
  }
  await Promise.all([consumed, produced])
  t.diagnostic(`${moves} moves of the coordinator`)
  assert.ok(moves >= 5)
  assert.equal(coordinators.size, 3)
  assert.equal(assignments, 1)
  for (const [partition, offsets] of seen.byPartition)
    assert.deepEqual(
      offsets,
      Array.from(offsets, (_, index) => index),
      `partition ${partition}`,
    )
  const committed = await consumer.committed([...seen.byPartition.keys()].map((partition) => ({ topic, partition })))
  for (const { partition, offset } of committed) assert.equal(offset, seen.byPartition.get(partition)?.length)
})

test('a group of two goes on when the node of its coordinator stops, and commits nothing back', { timeout: 60_000 }, async () => {
  const total = 4000
  await using broker = await startBroker({ nodes: 3, topics: { [topic]: { partitions: PARTITIONS } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const seen: Seen = { byPartition: new Map(), count: 0 }
  const members = Array.from({ length: 2 }, () =>
    kafka.consumer({
      key: string,
      value: string,
      groupId: GROUP,
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      heartbeatIntervalMs: 100,
      properties: { 'retry.backoff.ms': '10', 'reconnect.backoff.ms': '10', 'reconnect.backoff.max.ms': '100' },
    }),
  )
  for (const member of members) await member.subscribe([topic])
  const consumed = Promise.all(members.map((member) => consume(member, total, seen)))
  const produced = producerOf(broker, total, 1500).run()
  for (let stop = 0; stop < 3; stop++) {
    await sleep(400)
    const coordinator = await broker.coordinatorOf(GROUP)
    const node = broker.nodes.find(({ nodeId }) => nodeId === coordinator)
    await node?.stop()
    assert.notEqual(await broker.coordinatorOf(GROUP), coordinator)
    await sleep(300)
    await node?.start()
  }
  await Promise.all([consumed, produced])
  for (const [partition, offsets] of seen.byPartition) {
    const distinct = [...new Set(offsets)].sort((left, right) => left - right)
    assert.deepEqual(
      distinct,
      Array.from(distinct, (_, index) => index),
      `partition ${partition}`,
    )
  }
})
