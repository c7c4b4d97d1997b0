// What our clients did and saw on Apache Kafka, judged by the history checker: neither the clients nor the rules may be at odds with it.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Recording } from '../recorded/recording.ts'
import { runWorkload } from '../recorded/workload.ts'
import { startKafka } from './harness/kafka-server.ts'

const kafka = await startKafka({ configs: { 'group.initial.rebalance.delay.ms': '0' } })
after(() => kafka.stop())

test('a history of our client on Apache Kafka is clean', { timeout: 120_000 }, async (t) => {
  const recording = new Recording({ source: 'our client, Apache Kafka' })
  await runWorkload(recording, { bootstrapServers: kafka.bootstrapServers })
  const { counts } = recording.assertClean()
  assert.ok(counts.sent > 200)
  assert.equal(counts.acknowledged, counts.sent)
  assert.ok(counts.read >= 2 * counts.acknowledged, 'the group and the auditor have read everything')
  assert.ok(counts.commits > 0 && counts.rebalances >= 5)
  t.diagnostic(JSON.stringify(counts))
})
