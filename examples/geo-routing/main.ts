/**
 * How do I keep a region's records together? Each region has partitions of its own; within them the customer decides, so that a customer's
 * orders stay in order. Who works for one region takes its partitions and sees nothing else.
 * npm run example -- geo-routing
 */

import { json, type Partitioner, string } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'

interface Order {
  readonly region: 'eu' | 'us' | 'asia'
  readonly item: string
}

const partitionsOf = { eu: [0, 1], us: [2, 3], asia: [4, 5] } as const

const byRegion: Partitioner<string, Order> = ({ key, value }) => {
  // What has no region is placed as by default.
  if (value === null) return undefined
  const partitions = partitionsOf[value.region]
  return partitions[Number(key) % partitions.length]
}

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 6)
const serdes = { key: string, value: json<Order>() }
const producer = cluster.kafka.producer({ ...serdes, partitioner: byRegion })
const regions = ['eu', 'us', 'asia'] as const
await producer.sendBatch(
  Array.from({ length: 60 }, (_, index) => ({
    topic,
    key: String(index % 10),
    value: { region: regions[index % 3] ?? 'eu', item: `item ${index}` },
  })),
)

for (const region of regions) {
  const consumer = cluster.kafka.consumer({ ...serdes, autoOffsetReset: 'earliest' })
  await consumer.assign(partitionsOf[region].map((partition) => ({ topic, partition })))
  const counts = new Map<string, number>()
  for (let seen = 0; seen < 20; ) {
    const records = await consumer.poll()
    for (const { partition, value } of records) {
      const place = `${value?.region} in partition ${partition}`
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    seen += records.length
  }
  console.log(
    `the consumer for ${region} sees`,
    [...counts]
      .sort()
      .map(([place, count]) => `${count} of ${place}`)
      .join(', '),
  )
}
