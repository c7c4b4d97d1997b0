// The same commits, fetches and deletions of offsets, in and out of transactions, to Apache Kafka and to our broker: the same answers, over seeds.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Dice } from '../fuzz/mutations.ts'
import { Lab } from '../golden/groups/lab.ts'
import { prepare } from '../golden/groups/requests.ts'
import { OffsetDialogue } from './differential/offset-dialogue.ts'
import { type BrokerProcess, startBrokerProcess } from './harness/broker-process.ts'
import { type KafkaServer, startKafka } from './harness/kafka-server.ts'

const firstSeed = Number(process.env['ODRADEK_SEED'] ?? 1)
const seeds = Number(process.env['ODRADEK_SEEDS'] ?? 12)
const steps = 60
const configs = { 'auto.create.topics.enable': 'false', 'group.initial.rebalance.delay.ms': '0' }
let kafka: KafkaServer
let ours: BrokerProcess

before(async () => {
  const args = Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  ;[kafka, ours] = await Promise.all([startKafka({ configs }), startBrokerProcess({ args })])
})
after(() => Promise.all([kafka.stop(), ours.stop()]))

test(`offsets, ${seeds} seeds: our broker answers as Apache Kafka does`, { timeout: 600_000 }, async () => {
  for (const { bootstrapServers } of [kafka, ours]) {
    await using lab = new Lab(bootstrapServers)
    await prepare(lab, await lab.connect())
  }
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const [expected = [], found = []] = await Promise.all([kafka, ours].map(({ bootstrapServers }) => transcript(bootstrapServers, seed)))
    const at = expected.findIndex((line, index) => line !== found[index])
    const before = expected.slice(Math.max(0, at - 6), at).join('\n')
    if (at >= 0) assert.equal(found[at], expected[at], `seed ${seed}, step ${at}, after\n${before}\n`)
    assert.ok(expected.length >= steps)
  }
})

async function transcript(bootstrapServers: string, seed: number): Promise<readonly string[]> {
  await using lab = new Lab(bootstrapServers)
  const dialogue = await OffsetDialogue.start(lab, new Dice(seed), `offsets ${seed}`)
  for (let step = 0; step < steps; step++) await dialogue.step()
  return lab.transcript
}
