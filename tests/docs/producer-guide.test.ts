/** docs/guide/producer.md shows code that works: this code. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { ProducerInterceptor, ProducerRecord, RecordMetadata } from '@odradek/client'
import { json, Kafka, string } from '@odradek/client'
import { rootDir } from '../interop/harness/paths.ts'

interface Order {
  readonly region: string
  readonly isUrgent?: boolean
}

const order: Order = { region: 'asia' }

test('sends, tuned, placed by functions, intercepted and piped', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  const { bootstrapServers } = broker
  const kafka = new Kafka({ bootstrapServers })
  const serdes = { key: string, value: json<Order>() }
  const producer = kafka.producer(serdes)
  const { partition, offset } = await producer.send({ topic: 'orders', key: 'o-1', value: order })
  assert.ok(partition >= 0 && offset === 0)

  const forThroughput = kafka.producer({ ...serdes, batchSize: 65_536, lingerMs: 20, compressionType: 'lz4' })
  const forLatency = kafka.producer({ ...serdes, batchSize: 16_384, lingerMs: 0, compressionType: 'none' })
  for (const each of [forThroughput, forLatency]) assert.ok((await each.send({ topic: 'orders', value: order })).offset >= 0)

  const regions = ['eu', 'us', 'asia']
  // biome-ignore format: as in the guide
  const byRegion = kafka.producer({ ...serdes, partitioner: ({ value, partitionCount }) => regions.indexOf(value?.region ?? 'eu') % partitionCount })
  const urgentFirst = kafka.producer({ ...serdes, partitioner: ({ value }) => (value?.isUrgent ? 0 : undefined) })
  assert.equal((await byRegion.send({ topic: 'orders', value: order })).partition, 2)
  assert.equal((await urgentFirst.send({ topic: 'orders', value: { ...order, isUrgent: true } })).partition, 0)

  const sent: unknown[] = []
  const failed: unknown[] = []
  const counted: ProducerInterceptor<string, Order> = {
    onSend: (record) => ({ ...record, headers: { 'sent-by': hostname() } }),
    onAcknowledgement: (metadata, error, record) => (error === undefined ? sent.push(metadata) : failed.push(record)),
  }
  const intercepted = kafka.producer({ ...serdes, interceptors: [counted] })
  const metadata: RecordMetadata = await intercepted.send({ topic: 'orders', value: order })
  assert.deepEqual([sent, failed], [[metadata], []])

  const records: ProducerRecord<string, Order>[] = [1, 2].map(() => ({ topic: 'orders', partition: 5, value: order }))
  const nodeReadable = Readable.from(records)
  await ReadableStream.from(records).pipeTo(producer.writable())
  // biome-ignore format: as in the guide
  await pipeline(nodeReadable, (records: AsyncIterable<ProducerRecord<string, Order>>) => ReadableStream.from(records).pipeTo(producer.writable()))
  const [end] = await kafka.consumer().endOffsets([{ topic: 'orders', partition: 5 }])
  assert.ok((end?.offset ?? 0) >= 4)
  await kafka.close()
})

test('the guide shows this code', () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'producer.md'), 'utf8')
  const source = readFileSync(join(rootDir, 'tests', 'docs', 'producer-guide.test.ts'), 'utf8')
  const lines = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].flatMap(([, code = '']) => code.trim().split('\n'))
  assert.ok(lines.length > 15)
  for (const line of lines) assert.ok(source.includes(line.trim()), `not tried here: ${line}`)
})
