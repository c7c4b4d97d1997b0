/** What the storage engine writes, read by Kafka's own kafka-dump-log and opened by Kafka's own log: every codec, several segments, transactions. */

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { dumpPartition } from './harness/dump-log.ts'
import { runJava } from './harness/java-program.ts'
import { runKafkaTool } from './harness/kafka-tools.ts'
import { harnessDir, rootDir, temporaryDirectory } from './harness/paths.ts'
import { createNodeRuntime, type Runtime } from '@odradek/runtime'

/** What is used of the broker's own test support: the storage engine below the network, which this package may not import. */
interface StorageSupport {
  readonly openPartition: (runtime: Runtime, dataDir: string, setUp: object) => Promise<OpenPartition>
  readonly batchOf: (runtime: Runtime, records: readonly object[], options: object) => Buffer
  readonly numbered: (runtime: Runtime, first: number, count: number, options: object) => Buffer
  readonly markerOf: (
    runtime: Runtime,
    type: 'COMMIT' | 'ABORT',
    producerId: number,
    producerEpoch: number,
    coordinatorEpoch: number,
  ) => Buffer
  readonly produce: (partition: Partition, batch: Buffer) => Promise<{ errorCode: number }>
}

interface Partition {
  readonly lastStableOffset: number
  readonly logEndOffset: number
  append(batch: Buffer, options: { origin: 'coordinator' }): { errorCode: number }
}

interface OpenPartition {
  readonly partition: Partition
  close(): Promise<void>
}

const codecs = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const
const committing = { producerId: 7, producerEpoch: 0 }
const aborting = { producerId: 8, producerEpoch: 3 }
const idempotent = { producerId: 9, producerEpoch: 0 }

/** 20 rounds of every kind of batch; leaves one transaction open. Returns how many records there are, markers included. */
async function fill(dataDir: string): Promise<{ records: number; lastStableOffset: number }> {
  const loaded = (await import(join(rootDir, 'packages/broker/dist/test/storage/support.js'))) as StorageSupport
  const { openPartition, batchOf, numbered, markerOf, produce } = loaded
  const runtime = createNodeRuntime()
  const open = await openPartition(runtime, dataDir, { config: { segmentBytes: 8000, indexIntervalBytes: 500 } })
  for (const codec of codecs) if (codec !== undefined) await runtime.codecs.load(codec)
  const { partition } = open
  const headers = [
    { key: 'h', value: Buffer.from('1') },
    { key: 'h', value: null },
  ]
  for (let round = 0; round < 20; round++) {
    for (const codec of codecs) {
      const records = Array.from({ length: 10 }, (_, at) => ({
        key: at === 3 ? null : `key ${at}`,
        value: at === 5 ? null : `${codec} ${round} `.repeat(at),
        headers,
      }))
      assert.equal((await produce(partition, batchOf(runtime, records, codec === undefined ? {} : { codec }))).errorCode, 0)
    }
    const sequence = { baseSequence: round * 5 }
    assert.equal((await produce(partition, numbered(runtime, round, 5, { ...idempotent, ...sequence }))).errorCode, 0)
    assert.equal(
      (await produce(partition, numbered(runtime, round, 5, { ...committing, ...sequence, isTransactional: true }))).errorCode,
      0,
    )
    assert.equal((await produce(partition, numbered(runtime, round, 5, { ...aborting, ...sequence, isTransactional: true }))).errorCode, 0)
    for (const marker of [markerOf(runtime, 'COMMIT', 7, 0, round), markerOf(runtime, 'ABORT', 8, 3, round)]) {
      assert.equal(partition.append(marker, { origin: 'coordinator' }).errorCode, 0)
    }
  }
  const open5 = numbered(runtime, 100, 5, { ...committing, baseSequence: 100, isTransactional: true })
  assert.equal((await produce(partition, open5)).errorCode, 0)
  const { lastStableOffset, logEndOffset } = partition
  await open.close()
  return { records: logEndOffset, lastStableOffset }
}

test('kafka-dump-log reads every record and finds every index right', async () => {
  await using directory = await temporaryDirectory('dump-log')
  const { records } = await fill(directory.path)
  const partitionDir = join(directory.path, 't-0')
  const dump = await dumpPartition(partitionDir)
  assert.equal(dump.records, records)
  assert.ok(dump.files.filter((name) => name.endsWith('.log')).length >= 3, 'several segments')
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) assert.match(dump.output, new RegExp(`compresscodec: ${codec}`))
  assert.match(dump.output, /endTxnMarker: COMMIT/)
  assert.match(dump.output, /endTxnMarker: ABORT/)
  const others = (await readdir(partitionDir)).filter((name) => /\.(snapshot|txnindex)$/.test(name)).map((name) => join(partitionDir, name))
  const { stdout, stderr } = await runKafkaTool('kafka-dump-log', ['--files', others.join(',')])
  assert.doesNotMatch(stdout + stderr, /exception|corrupt/i)
  assert.equal([...stdout.matchAll(/^version: 0 producerId: 8 firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+$/gm)].length, 20)
  assert.match(stdout, /producerId: 9 producerEpoch: 0 .* lastSequence: 99/)
})

test("Kafka's own log opens the directory and finds the same offsets and producers", async () => {
  await using directory = await temporaryDirectory('unified-log')
  const { records, lastStableOffset } = await fill(directory.path)
  // A clean log, and one that has lost its indexes and snapshots: both must lead Kafka to the same state.
  for (const isClean of ['true', 'false']) {
    const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'OpenLog.java'), [join(directory.path, 't-0'), isClean])
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`^logStartOffset=0 logEndOffset=${records} lastStableOffset=${lastStableOffset}$`, 'm'))
    assert.match(stdout, /^producer 7 epoch=0 lastSequence=104 txn=\d+$/m)
    assert.match(stdout, /^producer 8 epoch=3 lastSequence=99 txn=-1$/m)
    assert.match(stdout, /^producer 9 epoch=0 lastSequence=99 txn=-1$/m)
  }
  assert.match(await readFile(join(directory.path, 'recovery-point-offset-checkpoint'), 'utf8'), new RegExp(`^0\n1\nt 0 ${records}\n$`))
})
