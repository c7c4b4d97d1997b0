// Our producers and a consumer group of ours on our broker, with connections cut everywhere: the history breaks no rule.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { nervousBroker } from './workload/fault-plans.ts'
import { assertGroupIsServed } from './workload/faulty-group.ts'

test('a group whose members come and go is given every record', { timeout: 120_000 }, async (t) => {
  await using broker = await startBroker({ topics: { restless: { partitions: 6 } }, config: nervousBroker })
  const options = { bootstrapServers: broker.bootstrapServers, topic: 'restless', partitions: 6, strategy: 'range', records: 2500, seed: 1 }
  const run = await assertGroupIsServed(options, (line) => t.diagnostic(line))
  assert.ok(run.commits > 60, `${run.commits} commits`)
})
