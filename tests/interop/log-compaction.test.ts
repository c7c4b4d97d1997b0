/** Kafka's own LogCompactionTester on our broker and on Apache Kafka: the records that survive are right, and the logs shrink as much. */

import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBrokerProcess } from './harness/broker-process.ts'
import { dumpPartition } from './harness/dump-log.ts'
import { startKafka } from './harness/kafka-server.ts'
import { runKafkaTool } from './harness/kafka-tools.ts'

/** Small segments, cleaned as soon as there is anything to. */
const configs = {
  'log.segment.bytes': '1048576',
  'log.cleaner.backoff.ms': '200',
  'log.cleaner.min.cleanable.ratio': '0.01',
  'log.cleaner.dedupe.buffer.size': '2097152',
  'log.cleaner.threads': '1',
}
const messages = 200_000

const started: { stop(): Promise<unknown> }[] = []
after(async () => {
  for (const server of started) await server.stop()
})

/** Log bytes of the tester's partitions, by their directories. */
async function sizes(logDir: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const name of await readdir(logDir)) {
    if (!name.startsWith('log-cleaner-test-')) continue
    let bytes = 0
    for (const file of await readdir(join(logDir, name))) if (file.endsWith('.log')) bytes += (await stat(join(logDir, name, file))).size
    found.set(join(logDir, name), bytes)
  }
  return found
}

/** Resolves when the sizes have stayed as they are for a while. */
async function settled(logDir: string): Promise<Map<string, number>> {
  for (let previous = ''; ; ) {
    const now = await sizes(logDir)
    const text = [...now].join()
    if (text === previous) return now
    previous = text
    await sleep(3000)
  }
}

async function runTester(bootstrapServers: string): Promise<void> {
  const args = ['--bootstrap-server', bootstrapServers, '--messages', `${messages}`, '--duplicates', '5', '--percent-deletes', '10']
  const { code, stdout, stderr } = await runKafkaTool('log-compaction-tester', [...args, '--topics', '1', '--sleep', '10'], {
    timeoutMs: 180_000,
  })
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  assert.match(stdout, /Data verification is completed/)
}

test("Kafka's LogCompactionTester passes on our broker, whose logs shrink as Kafka's do", async () => {
  const ours = await startBrokerProcess({ args: Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`]) })
  started.push(ours)
  await runTester(ours.bootstrapServers)
  const own = await settled(ours.dataDir)
  const kafka = await startKafka({ configs })
  started.push(kafka)
  await runTester(kafka.bootstrapServers)
  const theirs = await settled(kafka.logDir)
  const [[directory, ownBytes] = ['', 0]] = own
  const [[, theirBytes] = ['', 0]] = theirs
  console.log(`log bytes after compaction: ours ${ownBytes}, Kafka's ${theirBytes}`)
  assert.ok(Math.abs(ownBytes - theirBytes) <= theirBytes * 0.1, `ours ${ownBytes}, Kafka's ${theirBytes}`)
  await dumpPartition(directory, ['--deep-iteration'], { isCompacted: true })
})
