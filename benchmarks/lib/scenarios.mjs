// What is measured. Clients against Apache Kafka; Kafka's own tools against both brokers.
import { createTopic, deleteTopic, endOffset, startApacheKafka, startOdradek, stopTools } from './brokers.mjs'
import { consumers, javaLoads, producers, singleProducers } from './contestants.mjs'
import { measure } from './measure.mjs'

async function produceOnce(make, broker, records) {
  const topic = await createTopic(broker.bootstrapServers)
  const run = await measure(await make(broker.bootstrapServers, topic, records), broker, records)
  const written = await endOffset(broker.bootstrapServers, topic)
  if (written !== records) throw new Error(`${written} of ${records} records were written`)
  await deleteTopic(broker.bootstrapServers, topic)
  return run
}

async function consumeOnce(make, broker, topic, records) {
  return await measure(await make(broker.bootstrapServers, topic, records), broker, records)
}

// A B C A B C …: what disturbs the machine disturbs all alike. The first round warms the brokers up (a JVM needs it) and does not count.
async function interleave(names, rounds, once) {
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const run = await once(name)
      if (round > 0) results[name].push(run)
      process.stderr.write(
        `  ${round === 0 ? 'warm-up' : `round ${round}`}, ${name}: ${run.recordsPerSecond.toLocaleString('en')} records/s\n`,
      )
    }
  }
  return results
}

async function withBrokers(starts, work) {
  const brokers = []
  try {
    for (const start of starts) brokers.push(await start())
    return await work(...brokers)
  } finally {
    await stopTools()
    for (const broker of brokers) await broker.stop()
  }
}

const clientsProduce =
  (contestants) =>
  ({ records, rounds }) =>
    withBrokers([startApacheKafka], (kafka) =>
      interleave(Object.keys(contestants), rounds, (name) => produceOnce(contestants[name], kafka, records)),
    )

async function clientsConsume({ records, rounds }) {
  return await withBrokers([startApacheKafka], async (kafka) => {
    const topic = await createTopic(kafka.bootstrapServers)
    await measure(await producers['librdkafka (python)'](kafka.bootstrapServers, topic, records), kafka, records)
    return await interleave(Object.keys(consumers), rounds, (name) => consumeOnce(consumers[name], kafka, topic, records))
  })
}

async function brokersProduce({ records, rounds }) {
  return await withBrokers([startOdradek, startApacheKafka], (odradek, kafka) => {
    const brokers = { 'odradek broker': odradek, 'Apache Kafka': kafka }
    return interleave(Object.keys(brokers), rounds, (name) => produceOnce(javaLoads.produce, brokers[name], records))
  })
}

async function brokersConsume({ records, rounds }) {
  return await withBrokers([startOdradek, startApacheKafka], async (odradek, kafka) => {
    const brokers = { 'odradek broker': odradek, 'Apache Kafka': kafka }
    const topics = {}
    for (const [name, broker] of Object.entries(brokers)) {
      topics[name] = await createTopic(broker.bootstrapServers)
      await measure(await javaLoads.produce(broker.bootstrapServers, topics[name], records), broker, records)
    }
    return await interleave(Object.keys(brokers), rounds, (name) => consumeOnce(javaLoads.consume, brokers[name], topics[name], records))
  })
}

export const scenarios = {
  'client-produce': {
    title: 'clients produce 100-byte records to Apache Kafka, arrays where the API has them',
    run: clientsProduce(producers),
  },
  'client-send': { title: 'clients produce 100-byte records to Apache Kafka, one call a record', run: clientsProduce(singleProducers) },
  'client-consume': { title: 'clients consume 100-byte records from Apache Kafka', run: clientsConsume },
  'broker-produce': { title: "Kafka's producer-perf-test against our broker and Apache Kafka", run: brokersProduce },
  'broker-consume': { title: "Kafka's consumer-perf-test against our broker and Apache Kafka", run: brokersConsume },
}
