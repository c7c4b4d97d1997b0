/** A partition's directory dumped and verified offline, by the command line as it is installed. */

import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Kafka, string } from '@odradek/client'
import { type BrokerProcess, startBrokerProcess } from '../interop/harness/broker-process.ts'
import { mustOdradek, odradek } from './support/command-line.ts'

let broker: BrokerProcess
let directory: string
let segment: string

before(async () => {
  broker = await startBrokerProcess({ args: ['--set', 'transaction.state.log.num.partitions=1'] })
  const { bootstrapServers } = broker
  await mustOdradek(['topic', 'create', 'orders', '-p', '1'], { bootstrapServers })
  await mustOdradek(['produce', 'orders'], { bootstrapServers, stdin: 'one\ntwo\n' })
  await mustOdradek(['produce', 'orders', '-X', 'compression.type=gzip'], { bootstrapServers, stdin: 'three\n' })
  await mustOdradek(['topic', 'create', 'payments', '-p', '1'], { bootstrapServers })
  await using kafka = new Kafka({ bootstrapServers })
  await using producer = kafka.producer({ value: string, transactionalId: 'tx' })
  await producer.initTransactions()
  for (const commits of [false, true, false, false]) {
    producer.beginTransaction()
    await producer.send({ topic: 'payments', value: 'one' })
    await (commits ? producer.commitTransaction() : producer.abortTransaction())
  }
  await producer.close()
  assert.equal(await broker.process.kill('SIGTERM'), 0)
  directory = join(broker.dataDir, 'orders-0')
  segment = join(directory, '00000000000000000000.log')
})

after(async () => {
  await broker[Symbol.asyncDispose]()
})

test('a dump has a line a batch, in the words of kafka-dump-log, and as rows', async () => {
  const { stdout } = await mustOdradek(['log', 'dump', directory])
  const [heading, start, first, second, ...rest] = stdout.trimEnd().split('\n')
  assert.equal(heading, `Dumping ${segment}`)
  assert.equal(start, 'Log starting offset: 0')
  assert.match(
    first ?? '',
    /^baseOffset: 0 lastOffset: 1 count: 2 baseSequence: 0 lastSequence: 1 producerId: \d+ producerEpoch: 0 partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: \d{13} size: \d+ magic: 2 compresscodec: none crc: \d+ isvalid: true$/,
  )
  assert.match(second ?? '', /^baseOffset: 2 lastOffset: 2 count: 1 .* compresscodec: gzip /)
  assert.deepEqual(rest, [])
  const lines = (await mustOdradek(['log', 'dump', directory, '-o', 'ndjson'])).stdout.trimEnd().split('\n')
  const rows: unknown = JSON.parse((await mustOdradek(['log', 'dump', directory, '-o', 'json'])).stdout)
  assert.deepEqual(
    rows,
    lines.map((line): unknown => JSON.parse(line)),
  )
  assert.ok(Array.isArray(rows) && rows.length === 2)
})

test('what is sound is verified, what is damaged is named, and dumped as far as it goes', async () => {
  const sound = await odradek(['log', 'verify', directory])
  assert.deepEqual([sound.code, sound.stdout, sound.stderr], [0, '', '1 segment, 2 batches\n'])
  const bytes = await readFile(segment)
  bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70)
  await writeFile(segment, bytes)
  const damaged = await odradek(['log', 'verify', directory, '-o', 'json'])
  assert.equal(damaged.code, 1)
  assert.deepEqual(JSON.parse(damaged.stdout), [
    { file: '00000000000000000000.log', position: 0, reason: 'the checksum of the batch at offset 0 does not match' },
  ])
  assert.match(damaged.stderr, /^odradek: 1 problem in /m)
  const dump = await odradek(['log', 'dump', directory])
  assert.equal(dump.code, 1)
  assert.match(dump.stdout, /isvalid: false\nbaseOffset: 2 .* isvalid: true$/m)
})

test('a transactional log: how control batches end it, and what is aborted held against its index', async () => {
  const payments = join(broker.dataDir, 'payments-0')
  const { stdout } = await mustOdradek(['log', 'dump', payments])
  const ends = stdout.split('\n').flatMap((line) => (line.includes('isControl: true') ? [/ endTxnMarker: (\w+)$/.exec(line)?.[1]] : []))
  assert.deepEqual(ends, ['ABORT', 'COMMIT', 'ABORT', 'ABORT'])
  assert.doesNotMatch(stdout, /isControl: false.*endTxnMarker/)
  const ndjson = (await mustOdradek(['log', 'dump', payments, '-o', 'ndjson'])).stdout.trimEnd().split('\n')
  const rows = ndjson.map((line) => JSON.parse(line) as { isControl: boolean; endTxnMarker: string | null })
  assert.deepEqual(
    rows.flatMap(({ isControl, endTxnMarker }) => (isControl ? [endTxnMarker] : [])),
    ends,
  )
  assert.ok(rows.every(({ isControl, endTxnMarker }) => isControl || endTxnMarker === null))

  const sound = await odradek(['log', 'verify', payments])
  assert.deepEqual([sound.code, sound.stderr], [0, '1 segment, 8 batches\n'])
  assert.ok((await readdir(payments)).some((name) => name.endsWith('.snapshot')))
  const index = join(payments, '00000000000000000000.txnindex')
  const entries = await readFile(index)
  await writeFile(index, '')
  const emptied = await odradek(['log', 'verify', payments])
  assert.equal(emptied.code, 1)
  assert.equal(emptied.stdout.match(/^0{20}\.txnindex .*lacks the transaction of producer \d+ .*aborted at offset \d+$/gm)?.length, 3)
  await writeFile(index, entries)
})

test('what is no directory of a partition is one line', async () => {
  for (const [path, pattern] of [
    [broker.dataDir, /is no partition's directory/],
    [segment, /is no directory; give the one that it is in/],
    [join(directory, 'none'), /there is no directory/],
  ] as const) {
    const { code, stderr } = await odradek(['log', 'verify', path])
    assert.equal(code, 1)
    assert.match(stderr, pattern)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
})
