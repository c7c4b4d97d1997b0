/**
 * When does a consumer commit? By itself on a timer, after processing, without waiting, or a partition at a time (last + 1).
 * npm run example -- commit-patterns
 */

import type { Consumer, ConsumerOptions, ConsumerRecord } from '@odradek/client'
import { openCluster } from '../lib/cluster.ts'
import { textSerdes } from '../lib/member.ts'

type Record = ConsumerRecord<string, string>
type Reader = Consumer<string, string>

const perPartition = 20
await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 2)
const producer = cluster.kafka.producer(textSerdes)
await producer.sendBatch(Array.from({ length: 2 * perPartition }, (_, index) => ({ topic, partition: index % 2, value: `order ${index}` })))

let processed = 0
const process = (_record: Record): void => {
  processed += 1
}

/** enable.auto.commit: inside poll(), what earlier polls returned; on close the rest. */
async function auto(consumer: Reader): Promise<void> {
  while (processed < 2 * perPartition) for (const record of await consumer.poll(1000)) process(record)
}

/** Process first, then commit, and wait until the group has it. */
async function sync(consumer: Reader): Promise<void> {
  while (processed < 2 * perPartition) {
    for (const record of await consumer.poll(1000)) process(record)
    await consumer.commitSync()
  }
}

/** Do not wait. A commit that fails is made good by the next, and the last one by close's commitSync(). */
async function async(consumer: Reader): Promise<void> {
  while (processed < 2 * perPartition) {
    for (const record of await consumer.poll(1000)) process(record)
    consumer.commitAsync((offsets, error) => {
      if (error !== undefined) console.error(`${offsets.length} offsets not committed: ${error.message}`)
    })
  }
  await consumer.commitSync()
}

/** Progress a partition at a time: the offset of the last record done, + 1. */
async function perPartitionCommits(consumer: Reader): Promise<void> {
  for await (const { partition, records } of consumer.batches()) {
    for (const record of records) process(record)
    const last = records.at(-1)
    if (last !== undefined) await consumer.commitSync([{ topic, partition, offset: last.offset + 1, metadata: `after ${last.value}` }])
    if (processed === 2 * perPartition) break
  }
}

const patterns: readonly [string, (consumer: Reader) => Promise<void>, ConsumerOptions<string, string>][] = [
  ['auto', auto, { enableAutoCommit: true, autoCommitIntervalMs: 5000 }],
  ['sync', sync, { enableAutoCommit: false }],
  ['async', async, { enableAutoCommit: false }],
  ['per partition', perPartitionCommits, { enableAutoCommit: false }],
]
const places = [0, 1].map((partition) => ({ topic, partition }))
for (const [name, run, options] of patterns) {
  processed = 0
  const groupId = cluster.named(`billing-${name.replace(' ', '-')}`)
  const consumer = cluster.kafka.consumer({ ...textSerdes, ...options, groupId, autoOffsetReset: 'earliest', maxPollRecords: 8 })
  await consumer.subscribe([topic])
  await run(consumer)
  const before = await consumer.committed(places)
  await consumer.close()
  const reader = cluster.kafka.consumer({ groupId })
  const after = await reader.committed(places)
  await reader.close()
  const text = (committed: typeof after): string =>
    committed.map(({ offset, metadata }) => `${offset} ${metadata}`.trim()).join(', ') || 'nothing'
  console.log(`${name}: processed ${processed}; committed before close: ${text(before)}; after: ${text(after)}`)
}
