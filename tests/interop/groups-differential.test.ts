// The same requests to Apache Kafka and to our broker: the life of groups and every mistake in it must be answered alike, field by field.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Lab } from './groups/lab.ts'
import { prepare } from './groups/requests.ts'
import { scenarios } from './groups/scenarios.ts'
import { startKafka } from './harness/kafka-server.ts'

const kafka = await startKafka({ configs: { 'auto.create.topics.enable': 'false' } })
const config = { 'auto.create.topics.enable': 'false', 'group.initial.rebalance.delay.ms': '0', 'offsets.topic.num.partitions': '5' }
const broker = await startBroker({ config })
after(async () => {
  await broker.close()
  await kafka.stop()
})

async function transcribe(bootstrapServers: string, name: string): Promise<string[]> {
  await using lab = new Lab(bootstrapServers)
  const connection = await lab.connect()
  const orders = await prepare(lab, connection)
  await scenarios[name]?.(lab, connection, orders)
  return lab.transcript
}

for (const name of Object.keys(scenarios)) {
  test(`groups, ${name}: our answers are Apache Kafka's`, { timeout: 60_000 }, async () => {
    assert.deepEqual(await transcribe(broker.bootstrapServers, name), await transcribe(kafka.bootstrapServers, name))
  })
}
