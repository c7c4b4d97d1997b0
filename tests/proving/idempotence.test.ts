// Our idempotent producer on our broker, with all that a network can do in between: each record once and in order.

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

const plans: readonly { name: string; rules: readonly FaultRule[]; seeds: readonly number[] }[] = [
  { name: 'connections cut and answers late', rules: cutsAndDelays, seeds: [1, 2] },
  { name: 'peers that fall silent, refuse, stall or trickle', rules: lostPeers, seeds: [1] },
]

for (const { name, rules, seeds } of plans) {
  for (const seed of seeds) {
    test(`${name}: 20,000 records over six partitions, each once and in order (seed ${seed})`, { timeout: 60_000 }, async (t) => {
      await using broker = await startBroker({ topics: { sequenced: { partitions: PARTITIONS } } })
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
      await runWithFaults(
        { bootstrapServers: broker.bootstrapServers, rules, seed, print: (line) => t.diagnostic(line) },
        ({ bootstrapServers }) => new SequencedProducer({ bootstrap: bootstrapServers, ...options }, write).run(),
      )
      assertExactlyOnce(journal, await readWithOdradek(broker.bootstrapServers, 'sequenced', PARTITIONS), RECORDS)
    })
  }
}
