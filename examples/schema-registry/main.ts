/**
 * How do I serialise with something that has to be asked first? A serializer may return a promise: the records keep their order, and wait for nothing else.
 * The bytes are those of Confluent's wire format, 0 and the schema's id before the value; the registry is a stand-in that answers after 20 ms.
 * npm run example -- schema-registry
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { AsyncDeserializer, Serializer } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'

const registry = {
  requests: 0,
  async idOf(_schema: string): Promise<number> {
    this.requests += 1
    await sleep(20)
    return 42
  },
  async schemaOf(id: number): Promise<string> {
    this.requests += 1
    await sleep(20)
    return `schema ${id}`
  },
}

interface Order {
  readonly item: string
}

/** Each id and schema is asked for once, however many records wait for it. */
function orderSerde(): Serializer<Order> & AsyncDeserializer<Order> {
  let id: Promise<number> | undefined
  const schemas = new Map<number, Promise<string>>()
  return {
    isAsync: true,
    async serialize(value) {
      const header = Buffer.alloc(5)
      header.writeInt32BE(await (id ??= registry.idOf('Order')), 1)
      return Buffer.concat([header, Buffer.from(JSON.stringify(value))])
    },
    async deserialize(data) {
      const schemaId = data.readInt32BE(1)
      const schema = schemas.get(schemaId) ?? registry.schemaOf(schemaId)
      schemas.set(schemaId, schema)
      await schema
      return JSON.parse(data.toString('utf8', 5)) as Order
    },
  }
}

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 1)
const producer = cluster.kafka.producer({ value: orderSerde() })
await Promise.all(['spool', 'thread', 'needle'].map((item) => producer.send({ topic, value: { item } })))

const consumer = cluster.kafka.consumer<Buffer, Order>({ value: orderSerde(), autoOffsetReset: 'earliest' })
await consumer.assign([{ topic, partition: 0 }])
for (const { offset, value, valueBytes } of await consumer.poll(5000))
  console.log(`offset ${offset}: schema ${valueBytes?.readInt32BE(1)}, ${value?.item}`)
console.log(`asked the registry ${registry.requests} times`)
