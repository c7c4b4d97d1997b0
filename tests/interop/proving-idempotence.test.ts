// Idempotent producers behind the fault proxy: Apache Kafka's and librdkafka on our broker, ours on Apache Kafka.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Kafka } from '@odradek/client'
import { type ClientKind, readTotals, resilientConfig, startSequenced } from '../proving/crash/client-kind.ts'
import type { FaultRule } from '../proving/proxy/fault-rule.ts'
import { runWithFaults } from '../proving/proxy/faulty-run.ts'
import { assertExactlyOnce } from '../proving/workload/exactly-once.ts'
import { assertSoundWhileExpiring } from '../proving/workload/expiring-run.ts'
import { cutsAndDelays, lostPeers } from '../proving/workload/fault-plans.ts'
import { readWithKcat } from '../proving/workload/read-back.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'
import { temporaryDirectory } from './harness/paths.ts'

const RECORDS = 20_000
const PARTITIONS = 6

const plans: Readonly<Record<string, readonly FaultRule[]>> = { 'cuts and delays': cutsAndDelays, 'lost peers': lostPeers }

const broker = await startBrokerProcess({ args: ['--set', `num.partitions=${PARTITIONS}`] })
after(() => broker.stop())
const kafka = await startKafka({ configs: { 'num.partitions': String(PARTITIONS) } })
after(() => kafka.stop())

const subjects: readonly { kind: ClientKind; on: string; servers: string }[] = [
  { kind: 'java', on: 'our broker', servers: broker.bootstrapServers },
  { kind: 'librdkafka', on: 'our broker', servers: broker.bootstrapServers },
  { kind: 'odradek', on: 'Apache Kafka', servers: kafka.bootstrapServers },
]

for (const { kind, on, servers } of subjects) {
  for (const [plan, rules] of Object.entries(plans)) {
    test(`${kind} on ${on}, ${plan}: 20,000 records, each once and in order`, { timeout: 120_000 }, async (t) => {
      await using scratch = await temporaryDirectory('proving')
      const topic = `sequenced-${kind}-${plan.replaceAll(' ', '-')}`
      const journalPath = join(scratch.path, 'journal')
      const numbers = { partitions: PARTITIONS, count: RECORDS, window: 4000, perSecond: 0 }
      // Small batches: more requests to strike.
      const config = { ...resilientConfig[kind], 'batch.size': '2048' }
      await runWithFaults({ bootstrapServers: servers, rules, seed: 1, print: (line) => t.diagnostic(line) }, async (proxy) => {
        const options = { bootstrap: proxy.bootstrapServers, topic, client: kind, config, ...numbers }
        await using client = await startSequenced(kind, options, journalPath)
        assert.equal(await client.exited, 0, client.stderr())
        assert.equal(readTotals(client).isDone, true)
      })
      assertExactlyOnce(await readFile(journalPath, 'utf8'), await readWithKcat(servers, topic, PARTITIONS), RECORDS)
    })
  }
}

test('odradek on Apache Kafka: records that are given up cost nobody else their order or their place', { timeout: 60_000 }, async (t) => {
  const { bootstrapServers } = kafka
  await using client = new Kafka({ bootstrapServers })
  await client.admin().createTopics([{ topic: 'expiring', partitions: PARTITIONS }])
  await assertSoundWhileExpiring(bootstrapServers, PARTITIONS, (line) => t.diagnostic(line))
})
