// A rolling deploy of six members over twelve partitions under full load, eager, cooperative and with static members: draws docs/rolling-deploy.svg and
// prints, as a table in Markdown, how much of the undisturbed throughput was left while it went on.
// node benchmarks/rolling-deploy.mjs [--broker odradek|'Apache Kafka'] [--draw-only]     --draw-only: from the figures of the last run
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openCluster } from '../examples/dist/lib/cluster.js'
import { deploy } from '../examples/dist/rolling-deploy/deploy.js'
import { standstillMs } from '../examples/dist/rolling-deploy/standstill.js'
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
const calmMs = 3000
// As fast as the members can: a backlog, and a second of work for what a poll returns.
const load = { members: 6, partitions: 12, recordsPerSecond: undefined, workMs: 100, heartbeatIntervalMs: 3000, awayMs: 1000, calmMs }
const ways = [
  { title: 'eager (range)', strategy: 'range', isStatic: false },
  { title: 'cooperative (cooperative-sticky)', strategy: 'cooperative-sticky', isStatic: false },
  { title: 'static members (range, group.instance.id)', strategy: 'range', isStatic: true },
]

function rateBetween({ handled }, fromMs, toMs) {
  return (handled.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length * 1000) / (toMs - fromMs)
}

async function measure() {
  const broker = await brokerOf(values.broker)
  process.env['ODRADEK_BOOTSTRAP_SERVERS'] = broker.bootstrapServers
  const cluster = await openCluster()
  try {
    const runs = []
    for (const [index, { title, ...way }] of ways.entries()) {
      const run = await deploy(cluster, `deploy-${index}`, { ...load, ...way })
      console.error(`${title}: ${run.handled.length} records`)
      runs.push({ title, run })
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
  '| | Throughput during the deploy, of undisturbed | Members not being restarted stood still | The deploy took |\n|---|---|---|---|',
)
const panels = runs.map(({ title, run }) => {
  const share = rateBetween(run, run.fromMs, run.toMs) / rateBetween(run, run.fromMs - calmMs, run.fromMs)
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`
  const standstill = seconds(standstillMs(run, 500))
  const throughput = `${(share * 100).toFixed(0)} %`
  console.log(`| ${title} | ${throughput} | ${standstill} | ${seconds(run.toMs - run.fromMs)} |`)
  return { title: `${title}: ${throughput} of the undisturbed throughput; the others stood still for ${standstill}`, run }
})
writeFileSync(join(rootDir, 'docs', 'rolling-deploy.svg'), `${await drawDeploys(panels)}\n`)
