/**
 * How do I get the most through? Batches of 64 KB, up to 20 ms to fill them, lz4; beside what Kafka does without being told.
 * npm run example -- throughput [records]
 */

import { openCluster } from '../lib/cluster.ts'
import { figure, table } from '../lib/figures.ts'

const settings = {
  "Kafka's defaults": {},
  'for throughput': { batchSize: 65_536, lingerMs: 20, compressionType: 'lz4' },
} as const

const count = Number(process.argv[2] ?? 200_000)
const value = (index: number): string =>
  JSON.stringify({ id: index, customer: `c-${index % 977}`, status: index % 3 === 0 ? 'shipped' : 'paid', amount: (index * 37) % 10_000 })

await using cluster = await openCluster()
const rows: (string | number)[][] = [['', 'records/s', 'bytes a batch as sent', 'compressed to', 'requests']]
for (const [name, config] of Object.entries(settings)) {
  const topic = await cluster.createTopic(name.replaceAll(/[^a-z]+/gi, '-'), 6)
  await using producer = cluster.kafka.producer(config)
  await producer.partitionsFor(topic)
  const startMs = performance.now()
  const sent: Promise<unknown>[] = []
  for (let from = 0; from < count; from += 1000) {
    const records = Array.from({ length: Math.min(1000, count - from) }, (_, index) => ({ topic, value: value(from + index) }))
    sent.push(producer.sendBatch(records))
    // Room for the sender's turn, as an application that does other work as well would leave it.
    await new Promise(setImmediate)
  }
  await Promise.all(sent)
  const seconds = (performance.now() - startMs) / 1000
  const ratio = `${(figure(producer, 'compression-rate-avg') * 100).toFixed(0)} %`
  rows.push([name, count / seconds, figure(producer, 'batch-size-avg'), ratio, figure(producer, 'request-total')])
}
console.log(`${count.toLocaleString('en')} records as fast as they go:\n\n${table(rows)}`)
