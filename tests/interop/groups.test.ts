// Groups on Apache Kafka: the transcripts that our broker is held to are what Kafka answers.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { scenarios, transcribe } from '../golden/groups/scenarios.ts'
import { startKafka } from './harness/kafka-server.ts'

const kafka = await startKafka({ configs: { 'auto.create.topics.enable': 'false' } })
after(() => kafka.stop())

for (const name of Object.keys(scenarios)) {
  test(`groups, ${name}: Apache Kafka answers as the transcript says`, { timeout: 60_000 }, async () => {
    const expected = await readFile(new URL(`../../golden/groups/transcripts/${name}.txt`, import.meta.url), 'utf8')
    assert.deepEqual((await transcribe(kafka.bootstrapServers, name)).split('\n'), expected.split('\n'))
  })
}
