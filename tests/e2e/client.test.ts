/** The library as the README shows it, on the embedded broker; and what a bad network does to it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { ConsumerRecord } from '@odradek/client'
import { BrokerError, json, Kafka, KafkaError, SerializationError, string } from '@odradek/client'
import { metadata, produce } from '@odradek/protocol'

const forever = new Promise<null>(() => {})

interface Order {
  readonly item: string
  readonly count: number
}

test('an order is sent, read by a group, committed, and not read again', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const serdes = { key: string, value: json<Order>() }
  const producer = kafka.producer(serdes)
  const { topic, partition, offset } = await producer.send({
    topic: 'orders',
    key: 'o-1',
    value: { item: 'spool', count: 1 },
    headers: { source: 'test' },
  })
  assert.deepEqual([topic, offset], ['orders', 0])

  const read = async (): Promise<ConsumerRecord<string, Order>[]> => {
    const consumer = kafka.consumer({ ...serdes, groupId: 'billing', enableAutoCommit: false, autoOffsetReset: 'earliest' })
    await consumer.subscribe(['orders'])
    const records: ConsumerRecord<string, Order>[] = []
    while (records.length === 0 || consumer.assignment().length === 0) {
      records.push(...(await consumer.poll(1000)))
      if (consumer.assignment().length === 6 && records.length === 0) break
    }
    await consumer.commitSync()
    await consumer.close()
    return records
  }
  const [first] = await read()
  assert.deepEqual([first?.key, first?.value, first?.partition, first?.offset], ['o-1', { item: 'spool', count: 1 }, partition, 0])
  assert.equal(String(first?.headers[0]?.value), 'test')
  assert.deepEqual(await read(), [])
  const committed = await kafka.admin().listGroupOffsets('billing')
  assert.equal(committed.find((each) => each.partition === partition)?.offset, 1)
})

for (const compressionType of ['none', 'lz4'] as const) {
  test(`through a broker that cuts connections before and after writing, each record is there once and in order (${compressionType})`, async () => {
    await using broker = await startBroker({ topics: { t: { partitions: 3 } } })
    let requests = 0
    const cuts = { before: 0, after: 0 }
    broker.intercept(produce, async ({ proceed, disconnect }) => {
      requests++
      if (requests % 7 === 3) {
        cuts.before++
        disconnect()
        return null
      }
      const answer = await proceed()
      // No divisor of the five that are in flight, or there is a cut among them every time.
      if (requests % 11 === 0) {
        cuts.after++
        disconnect()
        return null
      }
      return answer
    })
    await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers, retryBackoffMs: 5, reconnectBackoffMs: 5 })
    const producer = kafka.producer({ key: string, value: string, compressionType, batchSize: 500, lingerMs: 0 })
    const count = 3000
    const sent = await producer.sendBatch(
      Array.from({ length: count }, (_, index) => ({ topic: 't', partition: index % 3, value: `${index}` })),
    )
    assert.equal(sent.length, count)
    assert.ok(cuts.before > 3 && cuts.after > 3, `too few cuts: ${cuts.before} and ${cuts.after} in ${requests}`)
    const consumer = kafka.consumer({ key: string, value: string, autoOffsetReset: 'earliest' })
    await consumer.assign([0, 1, 2].map((partition) => ({ topic: 't', partition })))
    const read: string[][] = [[], [], []]
    for (let left = count; left > 0; ) {
      const records = await consumer.poll(5000)
      assert.ok(records.length > 0)
      for (const { partition, value } of records) read[partition]?.push(value ?? '')
      left -= records.length
    }
    for (const [partition, values] of read.entries()) {
      assert.deepEqual(
        values,
        Array.from({ length: count / 3 }, (_, index) => `${index * 3 + partition}`),
      )
    }
    assert.equal((await kafka.admin().listOffsets([{ topic: 't', partition: 0, at: 'latest' }]))[0]?.offset, count / 3)
  })
}

test('a record that cannot be serialised fails alone and says why', async () => {
  await using broker = await startBroker({ topics: { t: {} } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const producer = kafka.producer({ value: json<unknown>() })
  const [good, bad] = await Promise.allSettled([
    producer.send({ topic: 't', value: { fine: true } }),
    producer.send({ topic: 't', value: () => undefined }),
  ])
  assert.equal(good.status, 'fulfilled')
  assert.ok(bad.status === 'rejected' && bad.reason instanceof SerializationError)
  assert.match(bad.reason.message, /value cannot be serialised: JSON cannot express/)
})

test('records of the same moment share a batch, and offsets can be found by time', async () => {
  await using broker = await startBroker({ topics: { t: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const producer = kafka.producer({ value: string })
  await producer.sendBatch([10, 20, 30].map((timestamp) => ({ topic: 't', value: `${timestamp}`, timestamp })))
  const consumer = kafka.consumer({ value: string })
  const place = { topic: 't', partition: 0 }
  assert.deepEqual(
    (await consumer.offsetsForTimes([{ ...place, timestamp: 15 }])).map(({ offset, timestamp }) => [offset, timestamp]),
    [[1, 20]],
  )
  assert.deepEqual(await consumer.offsetsForTimes([{ ...place, timestamp: 99 }]), [])
  assert.deepEqual(await consumer.beginningOffsets([place]), [{ ...place, offset: 0 }])
})

test('a topic that does not exist is named when nobody may create it', async () => {
  await using broker = await startBroker({ config: { 'auto.create.topics.enable': 'false' } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const producer = kafka.producer({ value: string, maxBlockMs: 300 })
  const error = await producer.send({ topic: 'nope', value: 'v' }).catch((reason: unknown) => reason)
  assert.ok(error instanceof KafkaError && /'nope'/.test(error.message))
  const described = await kafka
    .admin()
    .describeTopics(['nope'])
    .catch((reason: unknown) => reason)
  assert.ok(described instanceof BrokerError && described.code === 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('a slow answer to one request does not stop a poll from delivering', async () => {
  await using broker = await startBroker({ topics: { t: { partitions: 1 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const consumer = kafka.consumer({ value: string, autoOffsetReset: 'earliest' })
  await consumer.assign([{ topic: 't', partition: 0 }])
  await consumer.poll(50)
  broker.intercept(metadata, () => forever)
  const waiting = consumer.poll(10_000)
  const producer = kafka.producer({ value: string })
  const stuck = producer.send({ topic: 't', value: 'never' }).catch((reason: unknown) => reason)
  assert.deepEqual(await Promise.race([waiting, Promise.resolve('still waiting')]), 'still waiting')
  consumer.wakeup()
  assert.deepEqual(await waiting, [])
  await producer.close({ timeoutMs: 0 })
  assert.ok((await stuck) instanceof KafkaError)
})
