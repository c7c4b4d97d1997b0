/** The names, groups and tags of our clients' figures, held against those of Apache Kafka's Java clients. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { MetricValue } from '@odradek/client'
import { Kafka, string } from '@odradek/client'
import { runJava } from './harness/java-program.ts'
import { harnessDir } from './harness/paths.ts'

/** Java measures these of producers alone. */
const beyondJava: ReadonlySet<string> = new Set(
  ['consumer-metrics', 'admin-client-metrics'].flatMap((group) =>
    ['requests-in-flight', 'metadata-age', 'request-latency-avg', 'request-latency-max'].map((name) => `${group} ${name} client-id`),
  ),
)

test('every figure has the name, the group and the tags that Java’s clients give it', async () => {
  await using broker = await startBroker({ topics: { orders: { partitions: 1 } } })
  const { stdout } = await runJava(join(harnessDir, 'java', 'MetricNames.java'), [broker.bootstrapServers, 'orders'])
  const javas = new Set(stdout.trim().split('\n'))
  assert.ok(javas.has('producer-metrics record-send-rate client-id'))
  const ours = new Set((await figures(broker.bootstrapServers)).map(({ group, name, tags }) => `${group} ${name} ${sortedNames(tags)}`))
  assert.deepEqual(
    [...ours].filter((name) => !javas.has(name) && !beyondJava.has(name)),
    [],
  )
})

async function figures(bootstrapServers: string): Promise<MetricValue[]> {
  await using kafka = new Kafka({ bootstrapServers })
  const serdes = { key: string, value: string }
  const producer = kafka.producer(serdes)
  await producer.send({ topic: 'orders', partition: 0, value: 'v' })
  const consumer = kafka.consumer({ ...serdes, groupId: 'ours', autoOffsetReset: 'earliest' })
  await consumer.subscribe(['orders'])
  while ((await consumer.poll()).length === 0) continue
  await consumer.commitSync()
  const admin = kafka.admin()
  await admin.describeCluster()
  return [...producer.metrics(), ...consumer.metrics(), ...admin.metrics()]
}

function sortedNames(tags: Readonly<Record<string, string>>): string {
  return Object.keys(tags)
    .sort((left, right) => (left < right ? -1 : 1))
    .join(',')
}
