// The same requests about records to Apache Kafka and to our broker: the same answers, over seeds.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Dice } from '../fuzz/mutations.ts'
import { Lab } from '../golden/groups/lab.ts'
import { FetchDialogue } from './differential/fetch-dialogue.ts'
import { startBrokerProcess } from './harness/broker-process.ts'
import { startKafka } from './harness/kafka-server.ts'

const firstSeed = Number(process.env['ODRADEK_SEED'] ?? 1)
const seeds = Number(process.env['ODRADEK_SEEDS'] ?? 6)
const steps = 150

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(`fetches and offsets, seed ${seed}: our broker answers as Apache Kafka does`, { timeout: 120_000 }, async () => {
    const kafka = await started.kafka
    const ours = await started.ours
    const startMs = Date.now() - 3_600_000
    const [expected, found] = await Promise.all([kafka, ours].map(({ bootstrapServers }) => transcribe(bootstrapServers, seed, startMs)))
    assert.deepEqual(found, expected)
  })
}

const configs = { 'auto.create.topics.enable': 'false' }
const started = {
  kafka: startKafka({ configs }),
  ours: startBrokerProcess({ args: Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`]) }),
}
after(async () => {
  await (await started.kafka).stop()
  await (await started.ours).stop()
})

async function transcribe(bootstrapServers: string, seed: number, startMs: number): Promise<readonly string[]> {
  await using lab = new Lab(bootstrapServers)
  return await new FetchDialogue(await lab.connect(), new Dice(seed), startMs, `seed-${seed}`).run(steps)
}
