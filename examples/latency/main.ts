/**
 * How do I get a record acknowledged soonest? No waiting for others (linger 0), no compression; beside the settings for throughput, under the same load.
 * npm run example -- latency [records] [records a second]
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { openCluster } from '../lib/cluster.ts'
import { figure, percentile, table } from '../lib/figures.ts'

const settings = {
  'for latency': { batchSize: 16_384, lingerMs: 0, compressionType: 'none' },
  'for throughput': { batchSize: 65_536, lingerMs: 20, compressionType: 'lz4' },
} as const

const count = Number(process.argv[2] ?? 3000)
const perSecond = Number(process.argv[3] ?? 1000)

await using cluster = await openCluster()
const topic = await cluster.createTopic('orders', 6)
const rows: (string | number)[][] = [['', 'p50 ms', 'p99 ms', 'records a request']]
for (const [name, config] of Object.entries(settings)) {
  await using producer = cluster.kafka.producer(config)
  await producer.send({ topic, value: 'the first one connects' })
  const latenciesMs: number[] = []
  const send = async (index: number): Promise<void> => {
    const sentMs = performance.now()
    await producer.send({ topic, key: `o-${index}`, value: `order ${index}` })
    // The first tenth warms up.
    if (index >= count / 10) latenciesMs.push(performance.now() - sentMs)
  }
  const startMs = performance.now()
  const sends: Promise<void>[] = []
  while (sends.length < count) {
    await sleep(1)
    const due = Math.min(count, ((performance.now() - startMs) * perSecond) / 1000)
    while (sends.length < due) sends.push(send(sends.length))
  }
  await Promise.all(sends)
  rows.push([name, percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99), count / figure(producer, 'request-total')])
}
console.log(`${count.toLocaleString('en')} records at ${perSecond.toLocaleString('en')} a second:\n\n${table(rows)}`)
