// The same requests of members to Apache Kafka and to our broker: the same answers, over seeds.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Dice } from '../fuzz/mutations.ts'
import { Lab } from '../golden/groups/lab.ts'
import { prepare } from '../golden/groups/requests.ts'
import { converse, GroupDialogue } from './differential/group-dialogue.ts'
import { type BrokerProcess, startBrokerProcess } from './harness/broker-process.ts'
import { type KafkaServer, startKafka } from './harness/kafka-server.ts'

const firstSeed = Number(process.env['ODRADEK_SEED'] ?? 1)
const seeds = Number(process.env['ODRADEK_SEEDS'] ?? 16)
const atOnce = 8
const steps = 60
const configs = { 'auto.create.topics.enable': 'false', 'group.initial.rebalance.delay.ms': '0', 'group.max.size': '4' }
let kafka: KafkaServer
let ours: BrokerProcess

before(async () => {
  const args = Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  ;[kafka, ours] = await Promise.all([startKafka({ configs }), startBrokerProcess({ args })])
})
after(() => Promise.all([kafka.stop(), ours.stop()]))

test(`groups, ${seeds} seeds: our broker answers as Apache Kafka does`, { timeout: 600_000 }, async () => {
  await using theirLab = new Lab(kafka.bootstrapServers)
  await using ourLab = new Lab(ours.bootstrapServers)
  for (const lab of [theirLab, ourLab]) await prepare(lab, await lab.connect())
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += atOnce) {
    const together = Array.from({ length: Math.min(atOnce, firstSeed + seeds - seed) }, (_, index) =>
      compare(seed + index, theirLab, ourLab),
    )
    await Promise.all(together)
  }
})

async function compare(seed: number, theirLab: Lab, ourLab: Lab): Promise<void> {
  const begun = [theirLab, ourLab].map((lab) => new GroupDialogue(lab, new Dice(seed), `group ${seed}`).start())
  const dialogues = await Promise.all(begun)
  await converse(dialogues, steps)
  const [expected = [], found = []] = dialogues.map(({ lines }) => lines)
  const at = expected.findIndex((line, index) => line !== found[index])
  // Where Apache Kafka itself has failed, there is nothing to be held to.
  const failedAt = expected.findIndex((line) => line.includes('"errorCode":-1'))
  if (at < 0 || (failedAt >= 0 && failedAt <= at) || withoutLeader(expected[at]) === withoutLeader(found[at])) return
  const before = expected.slice(Math.max(0, at - 8), at).join('\n')
  assert.equal(found[at], expected[at], `seed ${seed}, step ${at}, after\n${before}\n`)
}

/** When a leader goes, which of the others leads is left to the order of a hash map in Apache Kafka: from there on the two cannot be compared. */
function withoutLeader(line: string | undefined): string | undefined {
  return line?.replaceAll(/"leader":"[^"]*"/g, '').replaceAll(/"members":\[.*?\](?=\})/g, '')
}
