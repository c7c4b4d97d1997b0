// main.mjs CLIENT KEY=VALUE…     Runs one workload with one JavaScript client; prints its figures as JSON, last line on stdout.
import { commits } from './commits.mjs'
import { transactions } from './transactions.mjs'
import { endToEnd, firstAcknowledgement, groupTimes, latency, throughputIn, throughputOut } from './workloads.mjs'

const workloads = {
  produce: throughputOut,
  consume: throughputIn,
  latency,
  'end-to-end': endToEnd,
  'first-ack': firstAcknowledgement,
  group: groupTimes,
  transactions,
  commits,
}

const [client, ...pairs] = process.argv.slice(2)
const { kind, ...options } = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s)))
const numbers = ['records', 'size', 'perSecond', 'lingerMs', 'batchSize', 'inEach', 'commits', 'outstanding']
for (const name of numbers) if (name in options) options[name] = Number(options[name])
const figures = await workloads[kind](await import(`./${client}.mjs`), options)
console.log(JSON.stringify(figures))
