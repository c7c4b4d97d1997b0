/**
 * docs/guide/delivery.md: its table says what becomes of consumers that are killed, here at the points that tell the loops apart; all are tried
 * with the interop tests. And it shows code that works: this code.
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { ConsumerRecord, OnceStore } from '@odradek/client'
import { handleOnce, json, Kafka, string } from '@odradek/client'
import { crashEverywhere, crashRow } from '../delivery/crash-table.ts'
import { rootDir } from '../interop/harness/paths.ts'

const telling: ReadonlySet<string> = new Set([
  'after the commit, before processing',
  'after processing, before the commit',
  'one of three processed, before the commit',
  'one of three processed, after the commit',
])

test('what a killed consumer loses and repeats is what the guide says', { timeout: 120_000 }, async () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'delivery.md'), 'utf8')
  const results = await crashEverywhere((_pattern, point) => telling.has(point))
  assert.equal(results.length, 6)
  for (const result of results) assert.ok(guide.includes(`\n${crashRow(result)}\n`), `not in the guide: ${crashRow(result)}`)
  const unawaited = results.filter(({ pattern }) => pattern.includes('not awaited'))
  assert.ok(unawaited.some(({ lost }) => lost > 0) && unawaited.some(({ repeated }) => repeated > 0))
})

interface Order {
  readonly orderId?: string
}

/** What the guide's `tx` is, and a store that takes note of all that it is asked. */
interface Tx {
  query(sql: string, values: readonly unknown[]): Promise<unknown>
}

function memoryStore(): { store: OnceStore<Tx>; ids: Set<string>; queries: unknown[] } {
  const ids = new Set<string>()
  const queries: unknown[] = []
  const tx: Tx = { query: (_sql, values) => Promise.resolve(queries.push(values)) }
  const store: OnceStore<Tx> = {
    transaction: (work) => work(tx),
    claim: (_tx, id) => Promise.resolve(!ids.has(id) && ids.add(id) === ids),
  }
  return { store, ids, queries }
}

test('four ways to commit', async (context) => {
  await using broker = await startBroker({ topics: { orders: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const producer = kafka.producer({ value: string })
  const handled: (string | null)[] = []
  const handle = async (record: ConsumerRecord<Buffer, string>): Promise<void> => void handled.push(record.value)
  const place = { topic: 'orders', partition: 0 }
  const committed = async (): Promise<number | undefined> => (await consumer.committed([place]))[0]?.offset
  const next = async (value: string): Promise<void> => {
    await producer.send({ ...place, value })
    consumer.seekToEnd()
    consumer.seek({ ...place, offset: (await consumer.position(place)) - 1 })
  }
  // biome-ignore format: as in the guide
  const consumer = kafka.consumer({ groupId: 'billing', enableAutoCommit: true, autoCommitIntervalMs: 5000, value: string })
  await consumer.assign([place])

  await next('a')
  for (const record of await consumer.poll(1000)) await handle(record)
  await consumer.commitSync()
  assert.equal(await committed(), 1)

  const complaints = context.mock.method(console, 'error', () => undefined)
  await next('b')
  for (const record of await consumer.poll(1000)) await handle(record)
  consumer.commitAsync((offsets, error) => {
    if (error !== undefined) console.error(`${offsets.length} offsets not committed`, error.message)
  })
  await consumer.commitAsync()
  assert.equal(await committed(), 2)
  assert.equal(complaints.mock.callCount(), 0)

  await next('c')
  for await (const { topic, partition, records } of consumer.batches()) {
    for (const record of records) await handle(record)
    const last = records.at(-1)
    // biome-ignore format: as in the guide
    if (last !== undefined) await consumer.commitSync([{ topic, partition, offset: last.offset + 1, leaderEpoch: last.leaderEpoch }])
    break
  }
  assert.equal(await committed(), 3)
  assert.deepEqual(handled, ['a', 'b', 'c'])
})

test('each id is handled once, and a record without one too', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const orders: Order[] = [{ orderId: '7' }, {}, {}, { orderId: '7' }]
  await kafka.producer({ value: json<Order>() }).sendBatch(orders.map((value) => ({ topic: 'orders', value })))
  const serdes = { key: string, value: json<Order>() }
  const consumer = kafka.consumer({ ...serdes, groupId: 'billing', enableAutoCommit: false, autoOffsetReset: 'earliest' })
  await consumer.assign([{ topic: 'orders', partition: 0 }])
  const { store, ids, queries } = memoryStore()
  const once = handleOnce<string, Order, Tx>({
    store,
    idOf: (record) => record.value?.orderId,
    handle: (record, tx) => tx.query('INSERT INTO invoices …', [record.value?.orderId]),
  })
  for (const record of await consumer.poll(1000)) await once(record)
  await consumer.commitSync()
  assert.deepEqual([...ids], ['7', 'orders/0/1', 'orders/0/2'])
  assert.deepEqual(queries, [['7'], [undefined], [undefined]])
})

test('the guide shows this code', () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'delivery.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'docs', 'delivery-guide.test.ts'), 'utf8')
  const lines = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.trim().split('\n'))
  assert.ok(lines.length > 10)
  for (const line of lines) assert.ok(source.includes(line.trim()), `not tried here: ${line}`)
})
