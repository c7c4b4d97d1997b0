/**
 * The life of groups, static members, every version of the offset APIs, and every mistake in them: our broker answers as Apache Kafka did when
 * the transcripts were made. `node tests/dist/golden/groups/make-transcripts.js` makes them anew; the interop tests check that Kafka still
 * answers so.
 */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { scenarios, transcribe } from './scenarios.ts'

const config = { 'auto.create.topics.enable': 'false', 'group.initial.rebalance.delay.ms': '0', 'offsets.topic.num.partitions': '5' }
const broker = await startBroker({ config })
after(() => broker.close())

for (const name of Object.keys(scenarios)) {
  test(`groups, ${name}: our answers are those of Apache Kafka`, { timeout: 30_000 }, async () => {
    const expected = await readFile(new URL(`../../../golden/groups/transcripts/${name}.txt`, import.meta.url), 'utf8')
    assert.deepEqual((await transcribe(broker.bootstrapServers, name)).split('\n'), expected.split('\n'))
  })
}
