/** What the storage engine writes, read by Kafka's own kafka-dump-log and opened by Kafka's own log: every codec, several segments, transactions. */

import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
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
  readonly logStartOffset: number
  readonly lastStableOffset: number
  readonly logEndOffset: number
  append(batch: Buffer, options: { origin: 'coordinator' }): { errorCode: number }
  admit(producerId: number, membership: { producerEpoch: number; errorCode: number; beginsAtZero: boolean }): void
  deleteRecordsBefore(offset: number): Promise<{ errorCode: number }>
  activeProducers(): { producerId: number; producerEpoch: number; lastSequence: number; currentTransactionStartOffset: number }[]
}

interface OpenPartition {
  readonly partition: Partition
  readonly manager: { checkpoint(): Promise<void>; compact(): Promise<number>; deleteOldSegments(): Promise<void> }
  readonly close: () => Promise<void>
}

const codecs = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const
const committing = { producerId: 7, producerEpoch: 0 }
const aborting = { producerId: 8, producerEpoch: 3 }
const idempotent = { producerId: 9, producerEpoch: 0 }

async function loadSupport(): Promise<StorageSupport> {
  return (await import(join(rootDir, 'packages/broker/dist/test/storage/support.js'))) as StorageSupport
}

/** 20 rounds of every kind of batch; leaves one transaction open. Returns how many records there are, markers included. */
async function fill(dataDir: string): Promise<{ records: number; lastStableOffset: number }> {
  const { openPartition, batchOf, numbered, markerOf, produce } = await loadSupport()
  const runtime = createNodeRuntime()
  const open = await openPartition(runtime, dataDir, { config: { segmentBytes: 8000, indexIntervalBytes: 500 } })
  for (const codec of codecs) if (codec !== undefined) await runtime.codecs.load(codec)
  const { partition } = open
  const headers = [
    { key: 'h', value: Buffer.from('1') },
    { key: 'h', value: null },
  ]
  for (let round = 0; round < 20; round++) {
    admit(partition, round)
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
  admit(partition, 20)
  const open5 = numbered(runtime, 100, 5, { ...committing, baseSequence: 100, isTransactional: true })
  assert.equal((await produce(partition, open5)).errorCode, 0)
  const { lastStableOffset, logEndOffset } = partition
  await open.close()
  return { records: logEndOffset, lastStableOffset }
}

/** What the transaction coordinator would say before a transaction begins. */
function admit(partition: Partition, round: number): void {
  for (const { producerId, producerEpoch } of [committing, aborting]) {
    partition.admit(producerId, { producerEpoch, errorCode: 0, beginsAtZero: round === 0 })
  }
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
  for (const state of ['clean', 'bare']) {
    const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'OpenLog.java'), [join(directory.path, 't-0'), state])
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`^logStartOffset=0 logEndOffset=${records} lastStableOffset=${lastStableOffset}$`, 'm'))
    assert.match(stdout, /^producer 7 epoch=0 lastSequence=104 txn=\d+$/m)
    assert.match(stdout, /^producer 8 epoch=3 lastSequence=99 txn=-1$/m)
    assert.match(stdout, /^producer 9 epoch=0 lastSequence=99 txn=-1$/m)
  }
  assert.match(await readFile(join(directory.path, 'recovery-point-offset-checkpoint'), 'utf8'), new RegExp(`^0\n1\nt 0 ${records}\n$`))
})

/** What our log makes of a directory after a crash, in the words of OpenLog.java. */
async function recovered(dataDir: string): Promise<string[]> {
  const { openPartition } = await loadSupport()
  for (const name of ['.kafka_cleanshutdown', 'recovery-point-offset-checkpoint']) await rm(join(dataDir, name))
  const { partition, close } = await openPartition(createNodeRuntime(), dataDir, {})
  const { logStartOffset, logEndOffset, lastStableOffset } = partition
  const lines = partition.activeProducers().map(({ producerId, producerEpoch, lastSequence, currentTransactionStartOffset }) => {
    return `producer ${producerId} epoch=${producerEpoch} lastSequence=${lastSequence} txn=${currentTransactionStartOffset}`
  })
  await close()
  return [`logStartOffset=${logStartOffset} logEndOffset=${logEndOffset} lastStableOffset=${lastStableOffset}`, ...lines.sort()]
}

test("cleaned segments are sound to kafka-dump-log, and Kafka's own log finds in them what ours does", async () => {
  await using directory = await temporaryDirectory('cleaned-log')
  const { records } = await fill(directory.path)
  const { openPartition } = await loadSupport()
  const config = {
    segmentBytes: 8000,
    indexIntervalBytes: 500,
    cleanupDelete: false,
    cleanupCompact: true,
    minCleanableDirtyRatio: 0,
    fileDeleteDelayMs: 0,
  }
  const { manager, close } = await openPartition(createNodeRuntime(), directory.path, { config })
  await manager.checkpoint()
  assert.ok((await manager.compact()) > 0)
  await close()
  const partitionDir = join(directory.path, 't-0')
  const dump = await dumpPartition(partitionDir, ['--deep-iteration'], { isCompacted: true })
  assert.ok(dump.records < records / 2, `${dump.records} of ${records} records are left`)
  assert.match(dump.output, /deleteHorizonMs: (?:OptionalLong\[)?\d+/)
  for (const state of ['clean', 'bare']) {
    const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'OpenLog.java'), [partitionDir, state])
    assert.equal(code, 0, stderr)
    const [offsets = '', ...producers] = stdout.split('\n').filter((line) => /^(logStartOffset|producer )/.test(line))
    assert.deepEqual(await recovered(directory.path), [offsets, ...producers.sort()], state)
  }
})

test("a torn log recovers to what Kafka's own log recovers it to", async () => {
  await using directory = await temporaryDirectory('torn-log')
  const whole = join(directory.path, 'whole')
  await fill(whole)
  const logs = (await readdir(join(whole, 't-0'))).filter((name) => name.endsWith('.log')).sort()
  // A cut in the last segment, in an earlier one (the rest goes with it), and a wrong byte.
  const damages: readonly [string, (file: string) => Promise<void>][] = [
    [logs.at(-1) ?? '', async (file) => truncate(file, (await stat(file)).size - 1)],
    [logs.at(-3) ?? '', async (file) => truncate(file, 3000)],
    [
      logs.at(-2) ?? '',
      async (file) => {
        const bytes = await readFile(file)
        bytes[5000] = (bytes[5000] ?? 0) ^ 1
        await writeFile(file, bytes)
      },
    ],
  ]
  for (const [name, damage] of damages) {
    const [ours, theirs] = [join(directory.path, `ours-${name}`), join(directory.path, `theirs-${name}`)]
    for (const copy of [ours, theirs]) {
      await cp(whole, copy, { recursive: true })
      await damage(join(copy, 't-0', name))
    }
    const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'OpenLog.java'), [join(theirs, 't-0'), 'crashed'])
    assert.equal(code, 0, stderr)
    const [offsets = '', ...producers] = stdout.split('\n').filter((line) => /^(logStartOffset|producer )/.test(line))
    assert.deepEqual(await recovered(ours), [offsets, ...producers.sort()], name)
  }
})

test("a trimmed log starts where Kafka's own log has it start, with the same producers", async () => {
  await using directory = await temporaryDirectory('trimmed-log')
  await fill(directory.path)
  const partitionDir = join(directory.path, 't-0')
  const segments = async (): Promise<string[]> => (await readdir(partitionDir)).filter((name) => name.endsWith('.log')).sort()
  const bases = (await segments()).map((name) => Number.parseInt(name, 10))
  const { openPartition } = await loadSupport()
  const config = { segmentBytes: 8000, indexIntervalBytes: 500, fileDeleteDelayMs: 0 }
  const { partition, manager, close } = await openPartition(createNodeRuntime(), directory.path, { config })
  // Within a segment: those before it go.
  const start = (bases[2] ?? 0) + 7
  assert.equal((await partition.deleteRecordsBefore(start)).errorCode, 0)
  await manager.deleteOldSegments()
  await manager.checkpoint()
  await close()
  assert.equal((await segments()).length, bases.length - 2)
  for (const state of ['clean', 'crashed', 'bare']) {
    const { code, stdout, stderr } = await runJava(join(harnessDir, 'java', 'OpenLog.java'), [partitionDir, state])
    assert.equal(code, 0, stderr)
    const [offsets = '', ...producers] = stdout.split('\n').filter((line) => /^(logStartOffset|producer )/.test(line))
    assert.match(offsets, new RegExp(`^logStartOffset=${start} `))
    assert.deepEqual(await recovered(directory.path), [offsets, ...producers.sort()], state)
  }
})
