/**
 * How do I do slow work (a database, an HTTP call) without blocking the poll loop? A bounded queue: up to 16 records are worked on at a time; while it is
 * full, the partitions are paused and poll() goes on. Committed is what is done with no gap before it.
 * npm run example -- work-queue
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { openCluster } from '../lib/cluster.ts'
import { type Record, textSerdes } from '../lib/member.ts'

const capacity = 16
const call = async (): Promise<void> => void (await sleep(20))

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 6)
const records = Array.from({ length: 300 }, (_, index) => ({ topic, partition: index % 6, value: `${index}` }))
await cluster.kafka.producer(textSerdes).sendBatch(records)

/** Per partition the offsets in work, in the order they came, and the offset after the last. */
const inWork = new Map<number, { readonly offsets: Set<number>; end: number }>()
let working = 0
let done = 0
let mostAtOnce = 0
let pauses = 0

async function work({ partition, offset }: Record): Promise<void> {
  const place = inWork.get(partition) ?? { offsets: new Set<number>(), end: 0 }
  inWork.set(partition, place)
  place.offsets.add(offset)
  place.end = offset + 1
  working += 1
  mostAtOnce = Math.max(mostAtOnce, working)
  await call()
  place.offsets.delete(offset)
  working -= 1
  done += 1
}

const consumer = cluster.kafka.consumer({
  ...textSerdes,
  groupId: cluster.named('billing'),
  enableAutoCommit: false,
  autoOffsetReset: 'earliest',
  maxPollRecords: capacity / 2,
})
const commit = (): Promise<void> =>
  consumer.commitSync(
    [...inWork].map(
      ([
        partition,
        {
          offsets: [oldest],
          end,
        },
      ]) => ({ topic, partition, offset: oldest ?? end }),
    ),
  )
await consumer.subscribe([topic], {
  // What goes to another member is finished first, and what comes starts anew.
  async onRevoked() {
    while (working > 0) await sleep(1)
    await commit()
    inWork.clear()
  },
})

const startMs = performance.now()
while (done < records.length) {
  if (working <= capacity / 2) consumer.resume(consumer.paused())
  for (const record of await consumer.poll(working > 0 ? 5 : 1000)) void work(record)
  if (working > capacity / 2 && consumer.paused().length === 0) {
    pauses += 1
    consumer.pause(consumer.assignment())
    await commit()
  }
}
await commit()
const seconds = (performance.now() - startMs) / 1000
const committed = await consumer.committed(consumer.assignment())
console.log(`${done} calls of 20 ms in ${seconds.toFixed(1)} s; one after the other it would have been 6 s`)
console.log(`at most ${mostAtOnce} at once, paused ${pauses} times, committed ${committed.reduce((sum, { offset }) => sum + offset, 0)}`)
