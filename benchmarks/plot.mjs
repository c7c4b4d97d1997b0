// Measures linger × batch size × codec, draws docs/producer-settings.svg and prints the numbers as a table in Markdown.
// node benchmarks/plot.mjs [--records N] [--per-second N] [--rounds N] [--broker 'Apache Kafka'|odradek] [--draw-only]     --draw-only: from the figures of the last run
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rootDir } from '../tests/dist/interop/harness/paths.js'
import { brokerOf, createTopic, stopBrokers } from './lib/brokers.mjs'
import { benchCacheDir } from './lib/paths.mjs'
import { drawSettings } from './lib/tuning-chart.mjs'
import { measureSettings } from './lib/tuning.mjs'

// What was started ends with this process.
process.on('SIGINT', () => process.exit(130))

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    'per-second': { type: 'string', default: '2000' },
    broker: { type: 'string', default: 'Apache Kafka' },
    rounds: { type: 'string', default: '3' },
    'draw-only': { type: 'boolean', default: false },
  },
})
const figuresPath = join(benchCacheDir, 'producer-settings.json')

async function measure() {
  try {
    const broker = await brokerOf(values.broker)
    const points = await measureSettings({
      bootstrapServers: broker.bootstrapServers,
      topic: await createTopic(broker),
      records: Number(values.records),
      perSecond: Number(values['per-second']),
      rounds: Number(values.rounds),
    })
    mkdirSync(benchCacheDir, { recursive: true })
    writeFileSync(figuresPath, JSON.stringify(points))
  } finally {
    await stopBrokers()
  }
}

if (!values['draw-only']) await measure()
const points = JSON.parse(readFileSync(figuresPath, 'utf8'))
writeFileSync(join(rootDir, 'docs', 'producer-settings.svg'), `${await drawSettings(points)}\n`)
console.log('| linger.ms | batch.size | codec | records/s | p99 ms | ratio | ratio at the rate |\n|---|---|---|---|---|---|---|')
for (const { lingerMs, batchSize, codec, recordsPerSecond, p99Ms, ratio, pacedRatio } of points) {
  const cells = [
    lingerMs,
    batchSize,
    codec,
    Math.round(recordsPerSecond).toLocaleString('en'),
    p99Ms.toFixed(1),
    ratio.toFixed(2),
    pacedRatio.toFixed(2),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
