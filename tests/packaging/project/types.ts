// Compiled by the packaging test inside an empty project: the types of the packages resolve there, and are what the README promises.

import { startBroker } from '@odradek/broker'
import { Kafka, json, string } from '@odradek/client'

interface Order {
  id: string
  total: number
}

export async function firstOrder(): Promise<Order | null | undefined> {
  await using broker = await startBroker({ topics: { orders: { partitions: 6 } } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrapServers })
  const serdes = { key: string, value: json<Order>() }
  const producer = kafka.producer(serdes)
  const { partition, offset } = await producer.send({ topic: 'orders', key: 'o-1', value: { id: 'o-1', total: 3 } })
  const position: [number, number] = [partition, offset]
  // @ts-expect-error: an order has a total, and it is a number.
  await producer.send({ topic: 'orders', key: 'o-2', value: { id: 'o-2', total: 'three' } })
  const consumer = kafka.consumer({ ...serdes, groupId: 'billing', enableAutoCommit: false, autoOffsetReset: 'earliest' })
  await consumer.subscribe(['orders'])
  for (const record of await consumer.poll(1000)) if (record.offset === position[1]) return record.value
  return undefined
}
