/** What Apache Kafka 4.3.1 refuses of a producer's batches, and what our producer makes of it. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Producer } from '@odradek/client'
import { Kafka, string } from '@odradek/client'
import type { KafkaServer } from './harness/kafka-server.ts'
import { startKafka } from './harness/kafka-server.ts'

let server: KafkaServer
let kafka: Kafka

before(async () => {
  server = await startKafka()
  kafka = new Kafka({ bootstrapServers: server.bootstrapServers, logger: { warn: () => undefined } })
})

after(async () => {
  await kafka.close()
  await server.stop()
})

async function createTopic(name: string, configs: Record<string, string>): Promise<void> {
  const admin = kafka.admin()
  await admin.createTopics([{ topic: name, partitions: 1, configs }])
  await admin.close()
}

/** Everything in a topic of one partition, in order. */
async function valuesOf(topic: string, count: number): Promise<(string | null)[]> {
  const consumer = kafka.consumer({ key: string, value: string, autoOffsetReset: 'earliest' })
  await consumer.assign([{ topic, partition: 0 }])
  const values: (string | null)[] = []
  for (let idle = 0; values.length < count && idle < 10; ) {
    const records = await consumer.poll(500)
    idle = records.length === 0 ? idle + 1 : 0
    for (const record of records) values.push(record.value)
  }
  await consumer.close()
  return values
}

const metric = (producer: Producer<string, string>, wanted: string): number | undefined =>
  producer.metrics().find(({ name }) => name === wanted)?.value

for (const enableIdempotence of [true, false]) {
  test(`a batch over max.message.bytes is parted, its records in order, idempotence ${enableIdempotence}`, async () => {
    const topic = `large-${enableIdempotence}`
    await createTopic(topic, { 'max.message.bytes': '3000' })
    const producer = kafka.producer({ key: string, value: string, lingerMs: 50, enableIdempotence, maxInFlightRequestsPerConnection: 1 })
    const values = Array.from({ length: 60 }, (_, index) => `${index} ${'x'.repeat(1000)}`)
    const sent = await producer.sendBatch(values.map((value) => ({ topic, value })))
    assert.deepEqual(
      [...sent].map(({ offset }) => offset),
      values.map((_, index) => index),
    )
    assert.ok((metric(producer, 'batch-split-total') ?? 0) > 0)
    await assert.rejects(producer.send({ topic, value: 'x'.repeat(4000) }), { code: 'MESSAGE_TOO_LARGE' })
    assert.deepEqual(await valuesOf(topic, 60), values)
    await producer.close()
  })

  test(`a record without a key in a compacted topic fails alone (KIP-467), idempotence ${enableIdempotence}`, async () => {
    const topic = `compacted-${enableIdempotence}`
    await createTopic(topic, { 'cleanup.policy': 'compact' })
    const producer = kafka.producer({ key: string, value: string, lingerMs: 50, enableIdempotence })
    const keys = ['a', null, 'b', 'c', null, 'd']
    const outcomes = await Promise.allSettled(keys.map((key, index) => producer.send({ topic, key, value: `${index}` })))
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.offset : (outcome.reason as { code: string }).code)),
      [0, 'INVALID_RECORD', 1, 2, 'INVALID_RECORD', 3],
    )
    const next = await producer.send({ topic, key: 'e', value: 'next' })
    assert.equal(next.offset, 4)
    assert.deepEqual(await valuesOf(topic, 5), ['0', '2', '3', '5', 'next'])
    await producer.close()
  })
}

test('megabyte batches by every codec are read back as they were sent', async () => {
  for (const compressionType of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await createTopic(compressionType, { 'max.message.bytes': '2000000' })
    const producer = kafka.producer({ key: string, value: string, compressionType, batchSize: 1_000_000, lingerMs: 20 })
    const values = Array.from({ length: 3000 }, (_, index) => `${index} ${'some text '.repeat(80)}`)
    await producer.sendBatch(values.map((value) => ({ topic: compressionType, value })))
    assert.deepEqual(await valuesOf(compressionType, values.length), values)
    await producer.close()
  }
})
