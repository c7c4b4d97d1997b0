/** Writes the transcripts of Apache Kafka 4.3.1 anew. Run `node tests/dist/golden/groups/make-transcripts.js` in the checkout. */

import { writeFile } from 'node:fs/promises'
import { startKafka } from '../../interop/harness/kafka-server.ts'
import { scenarios, transcribe } from './scenarios.ts'

const kafka = await startKafka({ configs: { 'auto.create.topics.enable': 'false' } })
try {
  for (const name of Object.keys(scenarios)) {
    const path = new URL(`../../../golden/groups/transcripts/${name}.txt`, import.meta.url)
    await writeFile(path, await transcribe(kafka.bootstrapServers, name))
  }
} finally {
  await kafka.stop()
}
