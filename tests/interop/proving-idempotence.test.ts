// Idempotent producers behind the fault proxy: Apache Kafka's and librdkafka on our broker; ours on Apache Kafka when records expire.

import { after, test } from 'node:test'
import { Kafka } from '@odradek/client'
import { assertSoundWhileExpiring } from '../proving/workload/expiring-run.ts'
import { everyFault } from '../proving/workload/fault-plans.ts'
import { assertSequenced } from '../proving/workload/sequenced-run.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'

const RECORDS = 100_000
const PARTITIONS = 6

const broker = await startBrokerProcess({ args: ['--set', `num.partitions=${PARTITIONS}`] })
after(() => broker.stop())
const { bootstrapServers } = broker

for (const kind of ['java', 'librdkafka'] as const) {
  test(`${kind} on our broker: ${RECORDS} records through every fault of the proxy, each once and in order`, {
    timeout: 240_000,
  }, async (t) => {
    const run = { kind, bootstrapServers, topic: `sequenced-${kind}`, partitions: PARTITIONS, count: RECORDS, rules: everyFault, seed: 1 }
    // Small batches: more requests to strike. librdkafka makes a request for each partition.
    const config = { 'batch.size': kind === 'java' ? '4096' : '16384' }
    await assertSequenced({ ...run, config }, (line) => t.diagnostic(line))
  })
}

test('odradek on Apache Kafka: records that are given up cost nobody else their order or their place', { timeout: 120_000 }, async (t) => {
  await using kafka = await startKafka()
  await using client = new Kafka({ bootstrapServers: kafka.bootstrapServers })
  await client.admin().createTopics([{ topic: 'expiring', partitions: PARTITIONS }])
  await assertSoundWhileExpiring(kafka.bootstrapServers, PARTITIONS, (line) => t.diagnostic(line))
})
