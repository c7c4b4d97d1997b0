// What is measured, by the names of docs/performance.md: clients against Apache Kafka, and Kafka's own client against both brokers.
import { java } from '../contestants/java.mjs'
import { createTopic, deleteTopic, endOffset } from './brokers.mjs'
import { measure, timeToLine } from './measure.mjs'
import { entries, interleave, withWorkload } from './rounds.mjs'
import { brokerNames, latencySettings, onFreshTopic, onKafka, payloadsOf, throughputSettings, withBoth } from './scenario-parts.mjs'
import { transactionScenarios } from './transaction-scenarios.mjs'

async function sendChecked(program, broker, topic, workload) {
  const { records } = workload
  const run = await measure(withWorkload(program, { bootstrap: broker.bootstrapServers, topic, ...workload }), broker, records)
  const written = await endOffset(broker, topic)
  if (written !== records) throw new Error(`${written} of ${records} records were written`)
  return run
}

const produceWorkload = ({ size, keyed, codec, ...payload }, records, api) => ({
  kind: 'produce',
  records,
  size,
  api,
  keyed: keyed === true ? 1 : 0,
  codec,
  payloads: payloadsOf({ size, ...payload }),
  ...throughputSettings,
})

// `use`: batch or each. `what`: size, and shape, keyed, codec.
const produce = (title, use, what) => ({
  title,
  run: ({ records, rounds, only }) =>
    onKafka(async (kafka) =>
      interleave(await entries('produce', use, only), rounds, ({ program, api, most }) =>
        onFreshTopic(kafka, (topic) => sendChecked(program, kafka, topic, produceWorkload(what, Math.min(records, most), api))),
      ),
    ),
})

const consume = (title, what) => ({
  title,
  run: ({ records, rounds, only }) =>
    onKafka(async (kafka) => {
      const topic = await createTopic(kafka)
      await sendChecked(await java.prepare(), kafka, topic, produceWorkload(what, records))
      const workload = { kind: 'consume', bootstrap: kafka.bootstrapServers, topic, records, ...what }
      return interleave(await entries('consume', undefined, only), rounds, ({ program }) =>
        measure(withWorkload(program, workload), kafka, records),
      )
    }),
})

const latency = (title, perSecond) => ({
  title,
  run: ({ rounds, only }) =>
    onKafka(async (kafka) =>
      interleave(await entries('latency', undefined, only), rounds, ({ program }) =>
        onFreshTopic(kafka, (topic) => {
          const payload = { size: 100, payloads: payloadsOf({ size: 100 }) }
          return sendChecked(program, kafka, topic, {
            kind: 'latency',
            records: perSecond === 0 ? 20_000 : 5000,
            perSecond,
            ...payload,
            ...latencySettings,
          })
        }),
      ),
    ),
})

const endToEnd = (title, perSecond) => ({
  title,
  run: ({ rounds, only }) =>
    onKafka(async (kafka) =>
      interleave(await entries('end-to-end', undefined, only), rounds, ({ program }) =>
        onFreshTopic(kafka, (topic) =>
          sendChecked(program, kafka, topic, { kind: 'end-to-end', records: perSecond * 10, perSecond, size: 100, ...latencySettings }),
        ),
      ),
    ),
})

const group = {
  title: 'members of a group: the first to its assignment, a second until both are stable, after it left',
  run: ({ rounds, only }) =>
    onKafka(async (kafka) =>
      interleave(await entries('group', undefined, only), rounds, ({ program }) =>
        onFreshTopic(kafka, (topic) =>
          measure(withWorkload(program, { kind: 'group', bootstrap: kafka.bootstrapServers, topic }), kafka, 1_000_000),
        ),
      ),
    ),
}

// Node's own start stands first: the others cannot be below it.
const start = {
  title: 'start of the process to the first acknowledged record',
  run: ({ rounds, only }) =>
    onKafka(async (kafka) => {
      const node = { name: "Node's own start", program: { command: [process.execPath, '-e', 'console.log("acknowledged")'] }, isBare: true }
      const list = [...(await entries('first-ack', undefined, only)), node]
      return interleave(list, Math.max(5, rounds), async ({ program, isBare }) => {
        const topic = await createTopic(kafka)
        const workload = { kind: 'first-ack', bootstrap: kafka.bootstrapServers, topic, ...latencySettings }
        const startMs = await timeToLine(isBare ? program : withWorkload(program, workload), /^acknowledged$/m)
        await deleteTopic(kafka, topic)
        return { startMs }
      })
    }),
}

const brokersProduce = (title, what) => ({
  title,
  run: ({ records, rounds }) =>
    withBoth(async (brokers) => {
      const program = await java.prepare()
      const list = brokerNames.map((name) => ({ name, broker: brokers[name] }))
      return interleave(list, rounds, ({ broker }) =>
        onFreshTopic(broker, (topic) => sendChecked(program, broker, topic, produceWorkload(what, records))),
      )
    }),
})

const brokersConsume = (title, what) => ({
  title,
  run: ({ records, rounds }) =>
    withBoth(async (brokers) => {
      const program = await java.prepare()
      const list = []
      for (const [name, broker] of Object.entries(brokers)) {
        const topic = await createTopic(broker)
        await sendChecked(program, broker, topic, produceWorkload(what, records))
        list.push({ name, broker, topic })
      }
      return interleave(list, rounds, ({ broker, topic }) => {
        const workload = { kind: 'consume', bootstrap: broker.bootstrapServers, topic, records, ...what }
        return measure(withWorkload(program, workload), broker, records)
      })
    }),
})

const json300 = { shape: 'json', size: 300 }

export const scenarios = {
  P1: produce('100-byte records, arrays where the API has them', 'batch', { size: 100 }),
  P1b: produce('100-byte records with keys, one call a record', 'each', { size: 100, keyed: true }),
  'P2-lz4': produce('300 bytes of JSON, lz4', 'batch', { ...json300, codec: 'lz4' }),
  'P2-zstd': produce('300 bytes of JSON, zstd', 'batch', { ...json300, codec: 'zstd' }),
  P3: produce('1 KiB records', 'batch', { size: 1024 }),
  'P4-closed': latency('one at a time, awaited', 0),
  'P4-open': latency('1,000 records a second', 1000),
  S1: start,
  C1: consume('100-byte records', { size: 100 }),
  'C2-1k': consume('1 KiB records', { size: 1024 }),
  'C2-lz4': consume('300 bytes of JSON, lz4', { ...json300, codec: 'lz4' }),
  'E1-100': endToEnd('producer to consumer, 100 records a second', 100),
  'E1-1000': endToEnd('producer to consumer, 1,000 records a second', 1000),
  G1: group,
  ...transactionScenarios,
  B3: brokersProduce("Kafka's client produces 100-byte records to our broker and to Apache Kafka", { size: 100 }),
  B4: brokersProduce("Kafka's client produces 1 KiB records to our broker and to Apache Kafka", { size: 1024 }),
  B5: brokersConsume("Kafka's client consumes 100-byte records from our broker and from Apache Kafka", { size: 100 }),
}
