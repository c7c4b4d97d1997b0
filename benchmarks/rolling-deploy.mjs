// A rolling deploy of six members over twelve partitions under load, eager, cooperative and with static members: draws docs/rolling-deploy.svg and
// prints, as a table in Markdown, how much of the undisturbed throughput was left while it went on.
// node benchmarks/rolling-deploy.mjs [--broker odradek|'Apache Kafka'] [--draw-only]     --draw-only: from the figures of the last run
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openCluster } from '../examples/dist/lib/cluster.js'
import { deploy } from '../examples/dist/rolling-deploy/deploy.js'
import { silence } from '../examples/dist/rolling-deploy/silence.js'
import { rootDir } from '../tests/dist/interop/harness/paths.js'
import { brokerOf, stopBrokers } from './lib/brokers.mjs'
import { drawDeploys } from './lib/deploy-chart.mjs'
import { benchCacheDir } from './lib/paths.mjs'

// What was started ends with this process.
process.on('SIGINT', () => process.exit(130))

const { values } = parseArgs({
  options: { broker: { type: 'string', default: 'odradek' }, 'draw-only': { type: 'boolean', default: false } },
})
const figuresPath = join(benchCacheDir, 'rolling-deploy.json')
const partitions = 12
const shared = { members: 6, partitions, heartbeatIntervalMs: 1000, awayMs: 1000, calmMs: 2000 }
const ways = [
  { name: 'eager', title: 'eager: range', strategy: 'range', isStatic: false },
  { name: 'cooperative', title: 'cooperative: cooperative-sticky', strategy: 'cooperative-sticky', isStatic: false },
  { name: 'static', title: 'static members: range, group.instance.id', strategy: 'range', isStatic: true },
]
// Members as fast as they can be, to see what a deploy costs; and with work for a fraction of their time, to see who reads what.
const loads = {
  full: { recordsPerSecond: undefined, workMs: 8 },
  paced: { recordsPerSecond: 20, workMs: 1 },
}

function rateBetween({ handled }, fromMs, toMs) {
  return (handled.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length * 1000) / (toMs - fromMs)
}

async function measure() {
  const broker = await brokerOf(values.broker)
  process.env['ODRADEK_BOOTSTRAP_SERVERS'] = broker.bootstrapServers
  const cluster = await openCluster()
  try {
    const runs = []
    for (const way of ways) {
      const run = { ...way }
      for (const [load, settings] of Object.entries(loads)) {
        run[load] = await deploy(cluster, `${way.name}-${load}`, { ...shared, ...settings, strategy: way.strategy, isStatic: way.isStatic })
        console.error(`${way.name}, ${load}: ${run[load].handled.length} records`)
      }
      runs.push(run)
    }
    mkdirSync(benchCacheDir, { recursive: true })
    writeFileSync(figuresPath, JSON.stringify(runs))
  } finally {
    await cluster[Symbol.asyncDispose]()
    await stopBrokers()
  }
}

if (!values['draw-only']) await measure()
const runs = JSON.parse(readFileSync(figuresPath, 'utf8'))
console.log(
  '| | Throughput during the deploy, of undisturbed | Nothing read at all | Longest stop of a partition | The deploy took |\n|---|---|---|---|---|',
)
const panels = runs.map(({ title, full, paced }) => {
  const share = rateBetween(full, full.fromMs, full.toMs) / rateBetween(full, full.fromMs - 4 * shared.calmMs, full.fromMs)
  const { ofAllMs, longestOfOneMs } = silence(paced, partitions, 200)
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
  console.log(
    `| ${title} | ${(share * 100).toFixed(0)} % | ${seconds(ofAllMs)} | ${seconds(longestOfOneMs)} | ${seconds(paced.toMs - paced.fromMs)} |`,
  )
  return { title: `${title} (${(share * 100).toFixed(0)} % of the undisturbed throughput)`, run: paced, partitions }
})
writeFileSync(join(rootDir, 'docs', 'rolling-deploy.svg'), `${await drawDeploys(panels)}\n`)
