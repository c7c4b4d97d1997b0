// Transactions, commits of offsets and read_committed: clients against Apache Kafka, and Java's client and ours against both brokers.
// In their tables a million of the processor times is one of transactions, or of commits.
import { java } from '../contestants/java.mjs'
import { createTopic, endOffset } from './brokers.mjs'
import { measure } from './measure.mjs'
import { entries, interleave, withWorkload } from './rounds.mjs'
import { brokerNames, onFreshTopic, onKafka, payloadsOf, throughputSettings, withBoth } from './scenario-parts.mjs'

const size = 100
const mostTransactions = 3000
const mostCommits = 20_000

const transactionsWorkload = (records, inEach) => ({
  kind: 'transactions',
  records,
  inEach,
  size,
  payloads: payloadsOf({ size }),
  ...throughputSettings,
})

// A transaction leaves a marker on each partition that it has touched, of which there are six at most.
async function transactionsChecked(program, broker, topic, workload) {
  const { records, inEach } = workload
  const transactions = records / inEach
  const run = await measure(withWorkload(program, { bootstrap: broker.bootstrapServers, topic, ...workload }), broker, transactions)
  const markers = (await endOffset(broker, topic)) - records
  if (markers < transactions || markers > transactions * 6) throw new Error(`${markers} markers of ${transactions} transactions`)
  return run
}

const t1Workload = (records) => transactionsWorkload(Math.min(mostTransactions, Math.floor(records / 10)) * 10, 10)

const transactions = {
  title: 'transactions of 10 keyed 100-byte records, one after the other',
  run: ({ records, rounds, only }) =>
    onKafka(async (kafka) =>
      interleave(await entries('transactions', undefined, only), rounds, ({ program }) =>
        onFreshTopic(kafka, (topic) => transactionsChecked(program, kafka, topic, t1Workload(records))),
      ),
    ),
}

// The two clients on the two brokers: a client's rows stand together, ours and Apache Kafka's under each other.
async function onBoth(kind, only, brokers) {
  const clients = await entries(kind, undefined, only)
  return clients.flatMap(({ name, program }) =>
    brokerNames.map((broker) => ({ name: `${name} on ${broker}`, program, broker: brokers[broker], brokerName: broker })),
  )
}

const transactionsOnBoth = {
  title: "T1 by our client and Kafka's, on our broker and on Apache Kafka",
  run: ({ records, rounds, only }) =>
    withBoth(async (brokers) => {
      const two = ['odradek', 'java'].filter((name) => only.length === 0 || only.includes(name))
      return two.length === 0
        ? {}
        : interleave(await onBoth('transactions', two, brokers), rounds, ({ program, broker }) =>
            onFreshTopic(broker, (topic) => transactionsChecked(program, broker, topic, t1Workload(records))),
          )
    }),
}

const commits = (title, outstanding) => ({
  title,
  run: ({ records, rounds, only }) =>
    withBoth(async (brokers) =>
      interleave(await onBoth('commits', only, brokers), rounds, ({ program, broker }) =>
        onFreshTopic(broker, (topic) => {
          const count = Math.min(records, mostCommits)
          const workload = { kind: 'commits', bootstrap: broker.bootstrapServers, topic, commits: count, outstanding }
          return measure(withWorkload(program, workload), broker, count)
        }),
      ),
    ),
})

const inEachOfReadCommitted = 100
const abortEvery = 10

// Records of the topic a second, aborted ones included: what is left out has been read too.
const readCommitted = {
  title: 'consume transactions of 100 keyed 100-byte records, every tenth aborted, under both isolation levels',
  run: ({ records, rounds, only }) =>
    withBoth(async (brokers) => {
      const transactionCount = Math.floor(records / inEachOfReadCommitted)
      const written = transactionCount * inEachOfReadCommitted
      const committed = written - Math.ceil(transactionCount / abortEvery) * inEachOfReadCommitted
      const topics = {}
      for (const name of brokerNames) {
        topics[name] = await createTopic(brokers[name])
        const workload = { ...transactionsWorkload(written, inEachOfReadCommitted), abortEvery }
        await transactionsChecked(await java.prepare(), brokers[name], topics[name], workload)
      }
      const list = (await onBoth('isolation', only, brokers)).flatMap((entry) => [
        { ...entry, name: `${entry.name}, read_committed`, isolation: 'read_committed', delivered: committed },
        { ...entry, name: `${entry.name}, read_uncommitted`, isolation: 'read_uncommitted', delivered: written },
      ])
      return interleave(list, rounds, async ({ program, broker, brokerName, isolation, delivered }) => {
        const workload = {
          kind: 'consume',
          bootstrap: broker.bootstrapServers,
          topic: topics[brokerName],
          records: delivered,
          size,
          isolation,
        }
        const run = await measure(withWorkload(program, workload), broker, written)
        return { ...run, recordsPerSecond: run.recordsPerSecond * (written / delivered) }
      })
    }),
}

export const transactionScenarios = {
  T1: transactions,
  'T1-brokers': transactionsOnBoth,
  'O1-sync': commits('commitSync() of six partitions, one at a time, on both brokers', 1),
  'O1-async': commits('commitAsync() of six partitions, a thousand under way, on both brokers', 1000),
  R1: readCommitted,
}
