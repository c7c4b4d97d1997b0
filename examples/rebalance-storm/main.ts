/**
 * Why does my group never settle? Because what a poll returns takes longer to handle than max.poll.interval.ms: the member is out, its commit is
 * refused, its partitions go to another that is just as slow, and the same records come again. Three ways out of it.
 * npm run example -- rebalance-storm [milliseconds until a storm is given up]
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { openCluster } from '../lib/cluster.ts'
import { table } from '../lib/figures.ts'
import { type Record, textSerdes } from '../lib/member.ts'
import { pausing, plain } from './loops.ts'

/** 40 records of 10 ms each are more than the 250 ms between two polls. */
const slow = { maxPollRecords: 40, maxPollIntervalMs: 250 }

const ways = {
  'a plain loop': { loop: plain, config: slow },
  'longer max.poll.interval.ms': { loop: plain, config: { ...slow, maxPollIntervalMs: 10_000 } },
  'fewer max.poll.records': { loop: plain, config: { ...slow, maxPollRecords: 5 } },
  'paused while working': { loop: pausing, config: slow },
}
const patienceMs = Number(process.argv[2] ?? 3000)
const rows: (string | number)[][] = [['', 'rebalances', 'handled', 'of them again', 'committed']]

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 2)
await cluster.kafka
  .producer(textSerdes)
  .sendBatch(Array.from({ length: 160 }, (_, index) => ({ topic, partition: index % 2, value: `${index}` })))

for (const [name, { loop, config }] of Object.entries(ways)) {
  const handled: string[] = []
  const work = async ({ value }: Record): Promise<void> => {
    await sleep(10)
    handled.push(value ?? '')
  }
  const groupId = cluster.named(name.replaceAll(' ', '-'))
  const silent = { warn: () => undefined }
  const shared = {
    ...textSerdes,
    groupId,
    enableAutoCommit: false,
    autoOffsetReset: 'earliest',
    heartbeatIntervalMs: 50,
    logger: silent,
  } as const
  const consumers = [1, 2].map(() => cluster.kafka.consumer({ ...shared, ...config }))
  const endMs = performance.now() + patienceMs
  let committed = 0
  // Each rebalance begins one.
  let generation = 0
  const running = consumers.map(async (consumer) => {
    const onAssigned = (): void => void (generation = Math.max(generation, consumer.groupMetadata().generationId))
    await consumer.subscribe([topic], { onAssigned })
    await loop(consumer, work, () => committed === 160 || performance.now() > endMs)
  })
  const watch = async (): Promise<void> => {
    while (committed < 160 && performance.now() < endMs) {
      await sleep(20)
      const offsets = await cluster.kafka.admin().listGroupOffsets(groupId)
      committed = offsets.reduce((sum, { offset }) => sum + offset, 0)
    }
  }
  await Promise.all([...running, watch()])
  await Promise.all(consumers.map((consumer) => consumer.close()))
  rows.push([name, generation, handled.length, handled.length - new Set(handled).size, committed])
}
console.log(`160 records, two consumers:\n\n${table(rows)}`)
