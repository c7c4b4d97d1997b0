// Our read-process-write loop on our broker with all that a network can do in between: under read_committed each input is there once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { Consumer, ConsumerRecord, Producer, TopicPartitionOffset } from '@odradek/client'
import { Kafka, KafkaError, string } from '@odradek/client'
import type { FaultRule } from './proxy/fault-rule.ts'
import { runWithFaults } from './proxy/faulty-run.ts'

const RECORDS = 1000
const PARTITIONS = 2

const lost = (name: string, apis: string[], at: 'before-request' | 'before-response', everyNth: number): FaultRule => ({
  name,
  fault: { kind: 'cut', at },
  apis,
  everyNth,
})
const rules: readonly FaultRule[] = [
  lost('end lost', ['EndTxn'], 'before-response', 4),
  lost('end never made', ['EndTxn'], 'before-request', 7),
  lost('offsets lost', ['TxnOffsetCommit'], 'before-response', 5),
  lost('write lost', ['Produce'], 'before-response', 9),
  lost('write never made', ['Produce'], 'before-request', 13),
  { name: 'init lost', fault: { kind: 'cut', at: 'before-response' }, apis: ['InitProducerId'], maxTimes: 1 },
]
const config = {
  requestTimeoutMs: 1000,
  retryBackoffMs: 10,
  reconnectBackoffMs: 10,
  reconnectBackoffMaxMs: 100,
  logger: { warn: () => undefined },
}

function nextOffsets(records: readonly ConsumerRecord<string, string>[]): TopicPartitionOffset[] {
  return [...new Map(records.map(({ topic, partition, offset }) => [partition, { topic, partition, offset: offset + 1 }])).values()]
}

async function rewind(consumer: Consumer<string, string>): Promise<void> {
  const assigned = consumer.assignment()
  const committed = await consumer.committed(assigned)
  for (const place of assigned)
    consumer.seek({ ...place, offset: committed.find(({ partition }) => partition === place.partition)?.offset ?? 0 })
}

/** Each batch of records goes on in a transaction; every sixth is given up at first. */
async function pump(consumer: Consumer<string, string>, producer: Producer<string, string>): Promise<{ aborted: number; failed: number }> {
  const outcome = { aborted: 0, failed: 0 }
  const done = [0, 0]
  for (let round = 0; (done[0] ?? 0) + (done[1] ?? 0) < RECORDS; round++) {
    const records = await consumer.poll(500)
    if (records.length === 0) continue
    const offsets = nextOffsets(records)
    try {
      await producer.transaction(async (transaction) => {
        for (const { value, partition } of records)
          void transaction.send({ topic: 'output', partition, value: `${value}!` }).catch(() => undefined)
        await transaction.sendOffsets(offsets, consumer.groupMetadata())
        if (round % 6 === 5) throw new RangeError('given up')
      })
      for (const { partition, offset } of offsets) done[partition] = offset
    } catch (error) {
      if (error instanceof RangeError) outcome.aborted++
      else if (error instanceof KafkaError && !error.fatal) outcome.failed++
      else throw error
      await rewind(consumer)
    }
  }
  return outcome
}

/** What is in each partition of the output. */
async function readCommitted(kafka: Kafka): Promise<string[][]> {
  await using consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest', isolationLevel: 'read_committed' })
  const places = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'output', partition }))
  await consumer.assign(places)
  const values = places.map((): string[] => [])
  for (const end of await consumer.endOffsets(places))
    while ((await consumer.position(end)) < end.offset)
      for (const { partition, value } of await consumer.poll(200)) values[partition]?.push(value ?? '')
  return values
}

test('a pipeline whose answers get lost: each record once', { timeout: 60_000 }, async (t) => {
  const topics = { input: { partitions: PARTITIONS }, output: { partitions: PARTITIONS } }
  await using broker = await startBroker({ topics, config: { 'group.initial.rebalance.delay.ms': '0' } })
  await using direct = new Kafka({ bootstrapServers: broker.bootstrapServers })
  await direct
    .producer({ value: string })
    .sendBatch(Array.from({ length: RECORDS }, (_, index) => ({ topic: 'input', partition: index % PARTITIONS, value: `${index}` })))
  const faults = { bootstrapServers: broker.bootstrapServers, rules, seed: 1, print: (line: string) => t.diagnostic(line) }
  const outcome = await runWithFaults(faults, async (proxy) => {
    await using kafka = new Kafka({ ...config, bootstrapServers: proxy.bootstrapServers })
    const consumer = kafka.consumer({
      key: string,
      value: string,
      groupId: 'g',
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      maxPollRecords: 25,
    })
    await consumer.subscribe(['input'])
    return await pump(consumer, kafka.producer({ key: string, value: string, transactionalId: 'pipeline', lingerMs: 0 }))
  })
  assert.ok(outcome.aborted > 3, JSON.stringify(outcome))
  for (const [partition, values] of (await readCommitted(direct)).entries()) {
    const expected = Array.from({ length: RECORDS / PARTITIONS }, (_, index) => `${index * PARTITIONS + partition}!`)
    assert.deepEqual(values, expected)
  }
  const committed = await direct.admin().listGroupOffsets('g')
  assert.deepEqual(
    committed.map(({ offset }) => offset),
    [RECORDS / PARTITIONS, RECORDS / PARTITIONS],
  )
})
