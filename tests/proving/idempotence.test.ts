// Our idempotent producer on our broker, with all that a network can do in between: each record once and in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import type { FaultRule } from './proxy/fault-rule.ts'
import { runWithFaults } from './proxy/faulty-run.ts'
import { assertExactlyOnce } from './workload/exactly-once.ts'
import { cutsAndDelays, impatientClient, lostPeers } from './workload/fault-plans.ts'
import { readWithOdradek } from './workload/read-back.ts'
import { SequencedProducer } from './workload/sequenced-producer.ts'

const RECORDS = 20_000
const PARTITIONS = 6

const plans: readonly { name: string; rules: readonly FaultRule[]; nodes: number; seed: number }[] = [
  { name: 'connections cut and answers late', rules: cutsAndDelays, nodes: 1, seed: 1 },
  { name: 'the same with three nodes', rules: cutsAndDelays, nodes: 3, seed: 2 },
  { name: 'peers that fall silent, refuse, stall or trickle', rules: lostPeers, nodes: 1, seed: 1 },
]

for (const { name, rules, nodes, seed } of plans) {
  test(`${name}: 20,000 records over six partitions, each once and in order`, { timeout: 60_000 }, async (t) => {
    await using broker = await startBroker({ nodes, topics: { sequenced: { partitions: PARTITIONS } } })
    let journal = ''
    const write = (lines: string): void => {
      journal += lines
    }
    const options = {
      topic: 'sequenced',
      client: 'odradek',
      partitions: PARTITIONS,
      count: RECORDS,
      window: 4000,
      perSecond: 0,
      config: { ...impatientClient, 'batch.size': '4096', 'linger.ms': '2' },
    }
    const faults = { bootstrapServers: broker.bootstrapServers, rules, seed, print: (line: string) => t.diagnostic(line) }
    await runWithFaults(faults, async (proxy) => {
      await new SequencedProducer({ bootstrap: proxy.bootstrapServers, ...options }, write).run()
      assert.equal(proxy.nodes.filter(({ nodeId }) => nodeId !== undefined).length, nodes)
    })
    assertExactlyOnce(journal, await readWithOdradek(broker.bootstrapServers, 'sequenced', PARTITIONS), RECORDS)
  })
}
