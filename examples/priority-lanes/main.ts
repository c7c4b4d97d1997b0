/**
 * How does what is urgent overtake a backlog? It has a partition of its own, and the worker looks there first, whenever it has done a few of the others.
 * npm run example -- priority-lanes
 */

import { type Consumer, type Partitioner, string } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'

const urgentLane = 0

const byPriority: Partitioner<string, string> = ({ key, value, partitionCount }) =>
  value?.startsWith('urgent') ? urgentLane : 1 + (Number(key) % (partitionCount - 1))

await using cluster = await openCluster()
const topic = await cluster.createTopic('jobs', 6)
const producer = cluster.kafka.producer({ key: string, value: string, partitioner: byPriority })

async function worker(partitions: readonly number[], maxPollRecords: number): Promise<Consumer<string, string>> {
  const consumer = cluster.kafka.consumer({ key: string, value: string, autoOffsetReset: 'earliest', maxPollRecords })
  await consumer.assign(partitions.map((partition) => ({ topic, partition })))
  return consumer
}

const urgent = await worker([urgentLane], 500)
const ordinary = await worker([1, 2, 3, 4, 5], 10)
await producer.sendBatch(Array.from({ length: 300 }, (_, index) => ({ topic, key: String(index), value: `job ${index}` })))

let done = 0
let urgentDone = 0
while (done < 300) {
  if (done === 100) await producer.sendBatch([1, 2, 3].map((n) => ({ topic, key: String(n), value: `urgent ${n}` })))
  // Without waiting, but for the one time when there must be something.
  for (const { value } of await urgent.poll(done === 100 ? 5000 : 0)) {
    urgentDone += 1
    console.log(`${value}: sent last, done when ${300 - done} of the 300 ordinary jobs were still waiting`)
  }
  done += (await ordinary.poll()).length
}
console.log(`${done} ordinary jobs and ${urgentDone} urgent ones done`)
