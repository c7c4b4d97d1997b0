// The producer's settings measured: linger × batch size × codec on 20,000 real flights, keyed by their origin.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka } from '@odradek/client'
import { rootDir } from '../../tests/dist/interop/harness/paths.js'
import { median } from './report.mjs'

export const lingersMs = [0, 5, 20, 100]
export const batchSizes = [16_384, 65_536, 262_144]
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const outstanding = 20_000

function readFlights(topic) {
  const flights = JSON.parse(readFileSync(join(rootDir, 'node_modules', 'vega-datasets', 'data', 'flights-20k.json'), 'utf8'))
  return flights.map((flight) => ({ topic, key: flight.origin, value: JSON.stringify(flight) }))
}

// Every combination `rounds` times, one after another; medians. `records`: sent as fast as they go, for the rate; then for two seconds `perSecond`
// records a second, for the latency that an application sees, which at full load is nothing but the length of the queue.
export async function measureSettings({ bootstrapServers, topic, records, perSecond, rounds }) {
  const flights = readFlights(topic)
  const combinations = lingersMs.flatMap((lingerMs) =>
    batchSizes.flatMap((batchSize) => codecs.map((codec) => ({ lingerMs, batchSize, codec, runs: [] }))),
  )
  await once({ ...combinations[0], bootstrapServers, topic, flights, records, perSecond })
  for (let round = 1; round <= rounds; round++) {
    for (const combination of combinations) {
      combination.runs.push(await once({ ...combination, bootstrapServers, topic, flights, records, perSecond }))
    }
    process.stderr.write(`  round ${round} of ${rounds}\n`)
  }
  return combinations.map(({ runs, ...settings }) => {
    const figure = (name) => median(runs.map((run) => run[name]))
    return {
      ...settings,
      recordsPerSecond: figure('recordsPerSecond'),
      p99Ms: figure('p99Ms'),
      ratio: figure('ratio'),
      pacedRatio: figure('pacedRatio'),
    }
  })
}

async function once({ lingerMs, batchSize, codec, bootstrapServers, topic, flights, records, perSecond }) {
  const kafka = new Kafka({ bootstrapServers })
  const open = async () => {
    const producer = kafka.producer({ lingerMs, batchSize, compressionType: codec })
    await producer.partitionsFor(topic)
    return producer
  }
  const hurried = await open()
  const recordsPerSecond = await rate(hurried, flights, records)
  const paced = await open()
  const p99Ms = await latencyAt(paced, flights, perSecond)
  const figures = { recordsPerSecond, p99Ms, ratio: ratioOf(hurried), pacedRatio: ratioOf(paced) }
  await kafka.close()
  return figures
}

// Full batches at full load; at a rate, what linger.ms gathers.
const ratioOf = (producer) => 1 / producer.metrics().find(({ name }) => name === 'compression-rate-avg').value

// Never waits for all of them: the last of a partition lie in its batch until `linger.ms` is over.
async function rate(producer, flights, records) {
  const start = performance.now()
  let open = 0
  let resume = () => undefined
  const settled = () => {
    if (--open <= outstanding / 2) resume()
  }
  for (let sent = 0; sent < records; sent++) {
    if (open === outstanding) await new Promise((resolve) => (resume = resolve))
    open++
    void producer.send(flights[sent % flights.length]).then(settled)
  }
  await producer.flush()
  return records / ((performance.now() - start) / 1000)
}

async function latencyAt(producer, flights, perSecond) {
  const latencies = []
  const sends = []
  const timed = async (record) => {
    const from = performance.now()
    await producer.send(record)
    latencies.push(performance.now() - from)
  }
  const start = performance.now()
  for (let n = 0; n < perSecond * 2; ) {
    const due = Math.min(perSecond * 2, Math.ceil(((performance.now() - start) * perSecond) / 1000))
    while (n < due) sends.push(timed(flights[n++ % flights.length]))
    await sleep(1)
  }
  await Promise.all(sends)
  return Float64Array.from(latencies).sort()[Math.floor(latencies.length * 0.99)]
}
