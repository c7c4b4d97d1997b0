/** docs/guide/consumer.md shows code that works: this code. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { ConsumerRecord } from '@odradek/client'
import { json, Kafka, SerializationError, string } from '@odradek/client'
import { rootDir } from '../interop/harness/paths.ts'

interface Order {
  readonly id: number
}

test('loops over polls, records and batches, and passes over what cannot be read', async (context) => {
  await using broker = await startBroker({ topics: { orders: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const producer = kafka.producer({ value: string })
  const send = (...values: readonly string[]): Promise<unknown> => producer.sendBatch(values.map((value) => ({ topic: 'orders', value })))
  await send('{"id":0}', '{"id":1}')

  const ids: (number | undefined)[] = []
  const handle = async (record: ConsumerRecord<string, Order>): Promise<void> => void ids.push(record.value?.id)
  const handleAll = async (records: readonly ConsumerRecord<string, Order>[]): Promise<void> => {
    for (const record of records) await handle(record)
  }
  const isEnough = (): boolean => ids.length === 3
  const consumer = kafka.consumer({
    key: string,
    value: json<Order>(),
    groupId: 'billing',
    enableAutoCommit: false,
    autoOffsetReset: 'earliest',
  })
  await consumer.subscribe(['orders'])
  for (let isRunning = true; isRunning; isRunning = ids.length < 2) {
    for (const record of await consumer.poll(1000)) await handle(record)
    await consumer.commitSync()
  }
  await send('{"id":2}', '{"id":3}')
  for await (const record of consumer) {
    await handle(record)
    if (isEnough()) break
  }
  context.mock.method(console, 'log', () => undefined)
  for await (const { topic, partition, records, highWatermark } of consumer.batches()) {
    await handleAll(records)
    const last = records[records.length - 1]
    if (last !== undefined) await consumer.commitAsync([{ topic, partition, offset: last.offset + 1, leaderEpoch: last.leaderEpoch }])
    console.log(`${topic}-${partition}: ${highWatermark} is the end`)
    break
  }
  assert.deepEqual(ids, [0, 1, 2, 3])
  assert.equal((await consumer.committed([{ topic: 'orders', partition: 0 }]))[0]?.offset, 4)

  const complaints = context.mock.method(console, 'error', () => undefined)
  await send('not JSON', '{"id":5}')
  while (ids.length < 5) {
    for (const record of await consumer.poll()) {
      try {
        await handle(record)
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error
        console.error(error.message, record.valueBytes)
      }
    }
  }
  assert.equal(ids.at(-1), 5)
  assert.match(String(complaints.mock.calls[0]?.arguments[0]), /orders-0 at offset 4/)
  await consumer.close()
})

test('the guide shows this code', () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'consumer.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'docs', 'consumer-guide.test.ts'), 'utf8')
  const lines = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.trim().split('\n'))
  assert.ok(lines.length > 10)
  for (const line of lines) assert.ok(line.startsWith('while (isRunning)') || source.includes(line.trim()), `not tried here: ${line}`)
})
