/** Our idempotent producer through the fault proxy, on our broker and on Apache Kafka: the same proofs, whatever the number of records. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { Kafka } from '@odradek/client'
import { Unrest } from '../e2e/support/unrest.ts'
import { startBrokerProcess } from '../interop/harness/broker-process.ts'
import { startKafka } from '../interop/harness/kafka-server.ts'
import { killsOf, killsOfKafka, leadersGivenBack } from './crash/blows.ts'
import { cutsAndDelays, everyFault } from './workload/fault-plans.ts'
import { assertSequenced } from './workload/sequenced-run.ts'

export interface ProofSize {
  /** With every fault of the proxy. */
  readonly records: number
  /** Where brokers are killed as well. */
  readonly recordsWithKills: number
  /** … and how many a second, so that brokers have time to come back; 0: as fast as it goes. */
  readonly perSecond: number
  readonly seed: number
  readonly timeout: number
}

const PARTITIONS = 6
const topic = 'sequenced'
const kind = 'odradek'
// Small batches: more requests to strike.
const config = { 'batch.size': '4096' }
// Other tests run beside it, and a node that was killed has its logs to look through.
const startTimeoutMs = 120_000
const smallNode = ['-Xms64m', '-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Registers the tests. */
export function proveSequenced({ records, recordsWithKills, perSecond, seed, timeout }: ProofSize): void {
  const common = { kind, topic, partitions: PARTITIONS, seed, config } as const
  const printTo = (t: TestContext) => (line: string) => t.diagnostic(line)
  const ourArgs = ['--set', `num.partitions=${PARTITIONS}`]

  for (const [ours, theirs, count, rate] of [
    [0, 0, records, 0],
    [4, 2, recordsWithKills, perSecond],
  ] as const) {
    const what = (kills: number): string =>
      `${count} records through every fault of the proxy${kills === 0 ? '' : `, the broker killed ${kills} times`}`

    void test(`${what(ours)}, on our broker`, { timeout }, async (t) => {
      await using broker = await startBrokerProcess({ args: ourArgs })
      const { bootstrapServers } = broker
      await assertSequenced(
        { ...common, bootstrapServers, count, perSecond: rate, rules: everyFault, blows: killsOf(broker, ours) },
        printTo(t),
      )
    })

    void test(`${what(theirs)}, on Apache Kafka`, { timeout }, async (t) => {
      await using server = await startKafka({ configs: { 'num.partitions': String(PARTITIONS) }, startTimeoutMs })
      const { bootstrapServers } = server
      await assertSequenced(
        { ...common, bootstrapServers, count, perSecond: rate, rules: everyFault, blows: killsOfKafka(server, theirs) },
        printTo(t),
      )
    })
  }

  void test(`${recordsWithKills} records on three virtual nodes whose leaders move and of which one after the other stops`, {
    timeout,
  }, async (t) => {
    await using broker = await startBroker({ nodes: 3, topics: { [topic]: { partitions: PARTITIONS } } })
    await using unrest = new Unrest(broker, { topic, partitions: PARTITIONS, moveEveryMs: 100, stopEveryMs: 800 })
    unrest.begin()
    const { bootstrapServers } = broker
    const calm = () => unrest.end()
    await assertSequenced({ ...common, bootstrapServers, count: recordsWithKills, perSecond, rules: cutsAndDelays, calm }, printTo(t))
    const { moves, stops } = unrest.figures
    t.diagnostic(`${moves} moves of leaders, ${stops} stops of nodes`)
    assert.ok(moves >= 20 && stops >= 3, `${moves} moves, ${stops} stops`)
  })

  void test(`${recordsWithKills} records on three nodes of Apache Kafka of which two are killed, their leaders moved back`, {
    timeout,
  }, async (t) => {
    const configs = { 'min.insync.replicas': '2', 'default.replication.factor': '3', 'broker.session.timeout.ms': '3000' }
    await using server = await startKafka({ nodes: 3, jvmArgs: smallNode, configs, startTimeoutMs })
    const { bootstrapServers } = server
    await using kafka = new Kafka({ bootstrapServers })
    await kafka.admin().createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 3 }])
    const blows = killsOfKafka(server, 2).flatMap((kill) => [kill, leadersGivenBack(server)])
    await assertSequenced({ ...common, bootstrapServers, count: recordsWithKills, perSecond, rules: cutsAndDelays, blows }, printTo(t))
  })
}
