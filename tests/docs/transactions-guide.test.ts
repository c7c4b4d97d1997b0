/** docs/guide/transactions.md shows code that works: this code. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startBroker } from '@odradek/broker'
import type { Consumer, ConsumerRecord, Producer, TopicPartitionOffset, Transaction } from '@odradek/client'
import { Kafka, KafkaError, string } from '@odradek/client'
import { rootDir } from '../interop/harness/paths.ts'

// biome-ignore format: as in the guide
async function copy(kafka: Kafka, instance: string, stop: AbortSignal): Promise<void> {
  const serdes = { key: string, value: string }
  const consumer = kafka.consumer({ ...serdes, groupId: 'billing', enableAutoCommit: false, isolationLevel: 'read_committed', autoOffsetReset: 'earliest' })
  const producer = kafka.producer({ ...serdes, transactionalId: `billing-${instance}` })
  await producer.initTransactions()
  await consumer.subscribe(['orders'])
  while (!stop.aborted) {
    const records = await consumer.poll()
    if (records.length === 0) continue
    try {
      await producer.transaction(async (transaction) => {
        for (const { key, value } of records) void transaction.send({ topic: 'invoices', key, value: `invoice of ${value}` })
        await transaction.sendOffsets(nextOffsets(records), consumer.groupMetadata())
      })
    } catch (error) {
      if (!(error instanceof KafkaError) || error.fatal) throw error
      await rewind(consumer)
    }
  }
  await Promise.all([consumer.close(), producer.close()])
}

/** What to read next, by partition. */
// biome-ignore format: as in the guide
function nextOffsets(records: readonly ConsumerRecord<string, string>[]): TopicPartitionOffset[] {
  const next = records.map(({ topic, partition, offset }): [string, TopicPartitionOffset] => [`${topic}-${partition}`, { topic, partition, offset: offset + 1 }])
  return [...new Map(next).values()]
}

/** Back to what was committed: the records of the transaction that failed are read again. */
async function rewind(consumer: Consumer<string, string>): Promise<void> {
  const assigned = consumer.assignment()
  const committed = await consumer.committed(assigned)
  for (const { topic, partition } of assigned) {
    const place = committed.find((each) => each.topic === topic && each.partition === partition)
    if (place === undefined) consumer.seekToBeginning([{ topic, partition }])
    else consumer.seek({ topic, partition, offset: place.offset })
  }
}

async function invoices(kafka: Kafka): Promise<(string | null)[]> {
  await using consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest', isolationLevel: 'read_committed' })
  const place = { topic: 'invoices', partition: 0 }
  await consumer.assign([place])
  const [end = { offset: 0 }] = await consumer.endOffsets([place])
  const values: (string | null)[] = []
  while ((await consumer.position(place)) < end.offset) for (const { value } of await consumer.poll(200)) values.push(value)
  return values
}

test('the pipeline copies, two instances side by side', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 4 }, invoices: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const stop = new AbortController()
  const copies = ['1', '2'].map((instance) => copy(kafka, instance, stop.signal))
  const orders = Array.from({ length: 50 }, (_, index) => `${index}`)
  await kafka.producer().sendBatch(orders.map((order) => ({ topic: 'orders', key: order, value: order })))
  let made: (string | null)[] = []
  while (made.length < orders.length) made = await invoices(kafka)
  stop.abort()
  await Promise.all(copies)
  assert.equal(made.length, orders.length)
  assert.deepEqual(new Set(made), new Set(orders.map((order) => `invoice of ${order}`)))
})

test('of two with one id the first is fenced', async () => {
  await using broker = await startBroker({ topics: { invoices: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const first = kafka.producer({ value: string, transactionalId: 'billing-1' })
  await first.initTransactions()
  first.beginTransaction()
  await first.send({ topic: 'invoices', value: 'of the first' })
  const second = kafka.producer({ value: string, transactionalId: 'billing-1' })
  await second.transaction((transaction) => transaction.send({ topic: 'invoices', value: 'of the second' }))
  await assert.rejects(first.commitTransaction(), { fatal: true, message: /another producer has taken over transactional\.id 'billing-1'/ })
  assert.deepEqual(await invoices(kafka), ['of the second'])
})

test('a transaction that took too long is told of by a write, and the producer goes on; when by the commit it does not', async () => {
  await using broker = await startBroker({
    topics: { invoices: { partitions: 1 } },
    config: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '20' },
  })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const invoice = { topic: 'invoices', value: 'late' }
  const admin = kafka.admin()
  // Long enough for a transaction on a busy machine.
  const [writer, committer] = ['writes', 'commits'].map((transactionalId) =>
    kafka.producer({ value: string, transactionalId, transactionTimeoutMs: 1000 }),
  )
  assert.ok(writer !== undefined && committer !== undefined)
  const late = (
    producer: Producer<Buffer, string>,
    id: string,
    then: (transaction: Transaction<Buffer, string>) => unknown,
  ): Promise<void> =>
    producer.transaction(async (transaction) => {
      await transaction.send(invoice)
      while ((await admin.describeTransactions([id]))[0]?.state !== 'CompleteAbort') await setTimeout(20)
      await then(transaction)
    })
  await Promise.all([
    assert.rejects(
      late(writer, 'writes', (transaction) => transaction.send(invoice)),
      { code: 'INVALID_PRODUCER_EPOCH', fatal: false, message: /outlived transaction\.timeout\.ms/ },
    ),
    assert.rejects(
      late(committer, 'commits', () => undefined),
      { code: 'INVALID_TXN_STATE', fatal: true },
    ),
  ])
  await writer.transaction((transaction) => transaction.send({ topic: 'invoices', value: 'in time' }))
  assert.deepEqual(await invoices(kafka), ['in time'])
})

test('of two with one id the first is fenced by a write too, and transaction() says so', async () => {
  await using broker = await startBroker({ topics: { invoices: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const first = kafka.producer({ value: string, transactionalId: 'billing-1' })
  const second = kafka.producer({ value: string, transactionalId: 'billing-1' })
  await first.transaction((transaction) => transaction.send({ topic: 'invoices', value: 'of the first' }))
  await second.transaction((transaction) => transaction.send({ topic: 'invoices', value: 'of the second' }))
  const fenced = first.transaction((transaction) => transaction.send({ topic: 'invoices', value: 'of a zombie' }))
  await assert.rejects(fenced, (error: Error & { cause: unknown }) => {
    assert.ok(error instanceof KafkaError && error.fatal && error.code === 'PRODUCER_FENCED')
    assert.ok(error.cause instanceof KafkaError && error.cause.code === 'INVALID_PRODUCER_EPOCH')
    return true
  })
  assert.deepEqual(await invoices(kafka), ['of the first', 'of the second'])
})

test('the guide shows this code', () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'transactions.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'docs', 'transactions-guide.test.ts'), 'utf8')
  const lines = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.trim().split('\n'))
  assert.ok(lines.length > 10)
  for (const line of lines) {
    // How the last line ends is told in words.
    const code = line.includes('// rejects') ? line.slice(line.indexOf('first'), line.indexOf(' //')) : line.trim()
    assert.ok(source.includes(code), `not tried here: ${line}`)
  }
})
