// main.mjs CLIENT KEY=VALUE…     Runs one workload with one JavaScript client; prints its figures as JSON, last line on stdout.
import { endToEnd, firstAcknowledgement, groupTimes, latency, throughputIn, throughputOut } from './workloads.mjs'

const workloads = {
  produce: throughputOut,
  consume: throughputIn,
  latency,
  'end-to-end': endToEnd,
  'first-ack': firstAcknowledgement,
  group: groupTimes,
}

const [client, ...pairs] = process.argv.slice(2)
const { kind, ...options } = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s)))
for (const name of ['records', 'size', 'perSecond', 'lingerMs', 'batchSize']) if (name in options) options[name] = Number(options[name])
const figures = await workloads[kind](await import(`./${client}.mjs`), options)
console.log(JSON.stringify(figures))
