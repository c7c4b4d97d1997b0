/**
 * Compaction on our broker and on Apache Kafka: Kafka's own LogCompactionTester finds the records that survive right, and of the same batches
 * the same records are left in as many bytes.
 */

import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrokerProcess, startBrokerProcess } from './harness/broker-process.ts'
import { CompactedTopic, deleteRetentionMs, type Leftover } from './harness/compacted-topic.ts'
import { dumpPartition } from './harness/dump-log.ts'
import { type KafkaServer, startKafka } from './harness/kafka-server.ts'
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

let ours: BrokerProcess
let kafka: KafkaServer
before(async () => {
  ours = await startBrokerProcess({ args: Object.entries(configs).flatMap(([name, value]) => ['--set', `${name}=${value}`]) })
  kafka = await startKafka({ configs })
})
after(async () => {
  await ours.stop()
  await kafka.stop()
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

function assertWithinTenth(ownBytes: number, theirBytes: number): void {
  console.log(`log bytes after compaction: ours ${ownBytes}, Kafka's ${theirBytes}`)
  assert.ok(Math.abs(ownBytes - theirBytes) <= theirBytes * 0.1, `ours ${ownBytes}, Kafka's ${theirBytes}`)
}

test("Kafka's LogCompactionTester passes on our broker, whose logs shrink as Kafka's do", async () => {
  const testAndSettle = async (bootstrapServers: string, logDir: string): Promise<Map<string, number>> => {
    await runTester(bootstrapServers)
    return await settled(logDir)
  }
  const [own, theirs] = await Promise.all([
    testAndSettle(ours.bootstrapServers, ours.dataDir),
    testAndSettle(kafka.bootstrapServers, kafka.logDir),
  ])
  const [[directory, ownBytes] = ['', 0]] = own
  const [[, theirBytes] = ['', 0]] = theirs
  assertWithinTenth(ownBytes, theirBytes)
  await dumpPartition(directory, ['--deep-iteration'], { isCompacted: true })
})

const isTombstone = (line: string): boolean => line.endsWith(' tombstone')

test("of the same batches the same records are left as Kafka's cleaner leaves, in the same batches", { timeout: 180_000 }, async () => {
  await using own = await CompactedTopic.create(ours.bootstrapServers, ours.dataDir)
  await using other = await CompactedTopic.create(kafka.bootstrapServers, kafka.logDir)
  const onBoth = <T>(work: (topic: CompactedTopic) => Promise<T>): Promise<[T, T]> => Promise.all([work(own), work(other)])
  const timestamp = Date.now()
  const written = await onBoth(async (topic) => {
    await topic.write(110, 'first', timestamp)
    return await topic.left()
  })
  assertSame(...written)
  assert.ok(written[0].segments >= 3, `${written[0].segments} segments are closed`)

  const cleaned = await onBoth(async (topic) => {
    await topic.compact()
    return await topic.left()
  })
  assertSame(...cleaned)
  assert.ok(cleaned[0].logBytes < written[0].logBytes / 3, `${cleaned[0].logBytes} of ${written[0].logBytes} bytes are left`)
  const { activeOffset } = cleaned[0]
  const tombstones = cleaned[0].records.filter((line) => isTombstone(line) && Number.parseInt(line, 10) < activeOffset)
  assert.ok(tombstones.length > 0 && cleaned[0].batches.some((line) => line.endsWith('horizon')))

  // A second round, whose cleaning comes when the tombstones and markers of the first have been there for long enough.
  await sleep(deleteRetentionMs + 500)
  const again = await onBoth(async (topic) => {
    await topic.write(50, 'second', timestamp)
    await topic.compact()
    return await topic.left()
  })
  assertSame(...again)
  assert.deepEqual(
    again[0].records.filter((line) => tombstones.includes(line)),
    [],
  )
  assert.ok(again[0].records.some(isTombstone), 'those that were cleaned for the first time are left')
})

function assertSame(own: Leftover, other: Leftover): void {
  assert.deepEqual(own.records, other.records)
  assert.deepEqual(own.batches, other.batches)
  assert.deepEqual([own.segments, own.activeOffset], [other.segments, other.activeOffset])
  assertWithinTenth(own.logBytes, other.logBytes)
}
