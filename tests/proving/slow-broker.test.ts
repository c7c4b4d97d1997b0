// One of three brokers is slow: the default partitioner turns away from it, and comes back when it is well again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Broker, startBroker } from '@odradek/broker'
import { Kafka, type Producer } from '@odradek/client'
import type { FaultRule } from './proxy/fault-rule.ts'
import { runWithFaults } from './proxy/faulty-run.ts'

const PARTITIONS = 6
const NODES = 3
const SLOW = 2
const BURSTS = 100
const BURST = 30
const topic = 'uneven'
const rules: readonly FaultRule[] = [
  { name: 'slow', fault: { kind: 'delay', direction: 'response', minMs: 150, maxMs: 150 }, nodes: [SLOW], apis: ['Produce'] },
]

const leaderOf = (partition: number): number => (partition % NODES) + 1

/** Sends records without a key at a steady rate; returns how many of a hundred went to the slow broker's partitions, once all are acknowledged. */
async function load(producer: Producer<string | Uint8Array, string | Uint8Array>, whenSent: () => void): Promise<number> {
  const sent: Promise<{ partition: number }>[] = []
  for (let burst = 0; burst < BURSTS; burst++) {
    for (let number = 0; number < BURST; number++) sent.push(producer.send({ topic, value: 'x'.repeat(90) }))
    await sleep(10)
  }
  whenSent()
  const slow = (await Promise.all(sent)).filter(({ partition }) => leaderOf(partition) === SLOW)
  return (100 * slow.length) / sent.length
}

async function shares(broker: Broker, isAdaptive: boolean, print: (line: string) => void): Promise<{ slow: number; well: number }> {
  return await runWithFaults({ bootstrapServers: broker.bootstrapServers, rules, seed: 1, print }, async (proxy) => {
    await using kafka = new Kafka({ bootstrapServers: proxy.bootstrapServers })
    const producer = kafka.producer({ batchSize: 1000, lingerMs: 1, partitionerAdaptivePartitioningEnable: isAdaptive })
    await producer.partitionsFor(topic)
    const slow = await load(producer, () => proxy.calm())
    const well = await load(producer, () => undefined)
    return { slow, well }
  })
}

test('a slow broker is given less than half its share, and all of it again when it is well', {
  timeout: 60_000,
}, async (t) => {
  await using broker = await startBroker({ nodes: NODES, topics: { [topic]: { partitions: PARTITIONS } } })
  for (let partition = 0; partition < PARTITIONS; partition++) await broker.moveLeader(topic, partition, leaderOf(partition))
  const print = (line: string): void => t.diagnostic(line)
  const adaptive = await shares(broker, true, print)
  const even = await shares(broker, false, print)
  t.diagnostic(`to one broker of three, while it is slow and when it is well: ${JSON.stringify({ adaptive, even })}`)
  assert.ok(Math.abs(even.slow - 33.3) < 5 && Math.abs(even.well - 33.3) < 5, JSON.stringify(even))
  assert.ok(adaptive.slow < 17, `${adaptive.slow} % went to the slow broker`)
  assert.ok(Math.abs(adaptive.well - 33.3) < 8, `${adaptive.well} % once it is well`)
})
