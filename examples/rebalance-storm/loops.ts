/** Two loops that handle what poll() returns before they ask for more. */

import type { Consumer } from '@odradek/client'
import type { Record } from '../lib/member.ts'

type Loop = (consumer: Consumer<string, string>, work: (record: Record) => Promise<void>, isOver: () => boolean) => Promise<void>

/** While it works it does not poll: all the work has to fit between two polls. */
export const plain: Loop = async (consumer, work, isOver) => {
  while (!isOver()) {
    for (const record of await consumer.poll(50)) await work(record)
    // Refused when the group has gone on without this member.
    await consumer.commitSync().catch(() => undefined)
  }
}

/** Goes on polling while it works, so that the work may take as long as it takes. */
export const pausing: Loop = async (consumer, work, isOver) => {
  const waiting: Record[] = []
  while (!isOver()) {
    if (waiting.length === 0) waiting.push(...(await consumer.poll(50)))
    const records = waiting.splice(0)
    consumer.pause(consumer.assignment())
    let isWorking = true
    const done = (async () => {
      for (const record of records) await work(record)
    })().finally(() => (isWorking = false))
    while (isWorking) {
      // Paused partitions bring nothing; what a rebalance has brought is not paused yet.
      waiting.push(...(await consumer.poll(20)))
      consumer.pause(consumer.assignment())
    }
    await done
    // Only when nothing waits, since it commits whatever poll() has returned.
    if (waiting.length === 0) await consumer.commitSync().catch(() => undefined)
    consumer.resume(consumer.paused())
  }
}
