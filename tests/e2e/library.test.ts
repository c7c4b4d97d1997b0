/** The library as the README shows it. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { json, Kafka, string } from '@odradek/client'
import { rootDir } from '../interop/harness/paths.ts'

test('twelve lines: a broker, a record in, the record out in a group', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const serdes = { key: string, value: json<{ amount: number }>() }
  const producer = kafka.producer(serdes)
  const metadata = await producer.send({ topic: 'orders', key: 'o-1', value: { amount: 7 } })
  assert.equal(metadata.offset, 0)
  const consumer = kafka.consumer({ ...serdes, groupId: 'billing', enableAutoCommit: false, autoOffsetReset: 'earliest' })
  await consumer.subscribe(['orders'])
  const records = await consumer.poll(5000)
  assert.deepEqual(
    records.map((record) => [record.key, record.value?.amount, record.partition]),
    [['o-1', 7, metadata.partition]],
  )
  await consumer.commitSync()
  const [committed] = await consumer.committed([{ topic: 'orders', partition: metadata.partition }])
  assert.equal(committed?.offset, 1)
})

test('the README shows these twelve lines', () => {
  const readme = readFileSync(join(rootDir, 'README.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'e2e', 'library.test.ts'), 'utf8')
  const [, example = ''] = /## The library\n\n```ts\n([\s\S]*?)```/.exec(readme) ?? []
  const statements = example.split('\n').filter((line) => /^(const|await)/.test(line))
  assert.ok(statements.length >= 7)
  for (const statement of statements) {
    if (/console/.test(statement)) continue
    assert.ok(source.includes(statement), `not tried here: ${statement}`)
  }
})
