/** Our record batches against those that Apache Kafka 4.3.1 wrote (WriteRecords.java, by make-batches.ts). */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  batchCrcIsValid,
  buildEndTransactionMarkerBatch,
  RecordBatchBuilder,
  RecordCursor,
  readBatchHeader,
  readEndTransactionMarker,
  recordsSection,
  UnsupportedMagicError,
} from '@odradek/protocol'
import { DecompressionBoundError } from '@odradek/runtime'
import { crc32c, fill, manyRecords, readGolden, readRecords, runtime, variedRecords } from './batches.ts'

test('an uncompressed batch reads as written and is written byte for byte', async () => {
  const golden = await readGolden('none')
  assert.ok(batchCrcIsValid(golden, 0, crc32c))
  assert.deepEqual(await readRecords(golden), variedRecords)
  const ours = fill(new RecordBatchBuilder(), variedRecords).build({ crc32c })
  assert.deepEqual(ours, golden)
})

test('a transactional batch at the end of the sequence space', async () => {
  const golden = await readGolden('transactional')
  const header = readBatchHeader(golden, 0)
  assert.deepEqual(await readRecords(golden), variedRecords)
  assert.equal(header.isTransactional, true)
  assert.equal(header.isControl, false)
  const { producerId, producerEpoch, baseSequence, partitionLeaderEpoch } = header
  assert.deepEqual({ producerId, producerEpoch, baseSequence }, { producerId: 4711, producerEpoch: 3, baseSequence: 2_147_483_646 })
  const state = { producerId, producerEpoch, baseSequence, partitionLeaderEpoch, isTransactional: true }
  assert.deepEqual(fill(new RecordBatchBuilder(), variedRecords).build({ crc32c, ...state }), golden)
})

test('under LogAppendTime every record has the time of its batch', async () => {
  const golden = await readGolden('log-append-time')
  const header = readBatchHeader(golden, 0)
  assert.equal(header.timestampType, 'LogAppendTime')
  assert.equal(header.baseOffset, 42)
  assert.equal(header.lastOffset, 42 + variedRecords.length - 1)
  const stamped = variedRecords.map((record) => ({ ...record, timestampMs: 1_700_000_000_005 }))
  assert.deepEqual(await readRecords(golden), stamped)
})

for (const type of ['COMMIT', 'ABORT'] as const) {
  test(`a ${type} marker`, async () => {
    const golden = await readGolden(type.toLowerCase())
    const header = readBatchHeader(golden, 0)
    assert.deepEqual([header.isControl, header.isTransactional, header.baseOffset], [true, true, 100])
    const cursor = new RecordCursor()
    cursor.reset(golden, 0, header, recordsSection(golden, 0, header))
    assert.ok(cursor.next())
    const marker = readEndTransactionMarker(cursor.key(), cursor.value())
    assert.deepEqual(marker, { type, coordinatorEpoch: 9 })
    const { producerId, producerEpoch, partitionLeaderEpoch, baseOffset, baseTimestamp: timestampMs } = header
    const batch = { marker, timestampMs, producerId, producerEpoch, partitionLeaderEpoch, baseOffset, crc32c }
    assert.deepEqual(buildEndTransactionMarkerBatch(batch), golden)
  })
}

for (const name of ['gzip', 'gzip-level-1', 'snappy', 'lz4', 'lz4-level-17', 'zstd', 'zstd-level-19']) {
  test(`a batch compressed as ${name}`, async () => {
    const golden = await readGolden(name)
    assert.ok(batchCrcIsValid(golden, 0, crc32c))
    assert.deepEqual(await readRecords(golden), manyRecords)
  })

  test(`${name}: exactly as much room as Kafka's bytes need is enough, a byte less is refused`, async () => {
    const golden = await readGolden(name)
    const header = readBatchHeader(golden, 0)
    assert.ok(header.compression !== 'none')
    const section = recordsSection(golden, 0, header)
    const codec = await runtime.codecs.load(header.compression)
    const plain = fill(new RecordBatchBuilder(), manyRecords).records()
    assert.deepEqual(Buffer.from(codec.decompress(section, plain.length)), plain)
    assert.throws(() => codec.decompress(section, plain.length - 1), DecompressionBoundError)
  })
}

for (const name of ['snappy-random', 'lz4-random', 'zstd-random']) {
  test(`a batch that does not compress: ${name}`, async () => {
    const [record] = await readRecords(await readGolden(name))
    assert.equal(record?.value?.length, 2_000)
    // The first bytes of java.util.Random(42).
    assert.equal(record.value.subarray(0, 4).toString('hex'), '359d41ba')
  })
}

test('a zstd stream flushed after every write is bounded by what it inflates to', async () => {
  const golden = await readGolden('zstd-flushed')
  const codec = await runtime.codecs.load('zstd')
  const lines = Array.from({ length: 400 }, (_, i) => `line ${(i * 7919) % 1000} of a stream that is flushed all the time\n`)
  const expected = Buffer.from(lines.join(''))
  assert.deepEqual(Buffer.from(codec.decompress(golden, expected.length)), expected)
  assert.throws(() => codec.decompress(golden, expected.length - 1), DecompressionBoundError)
})

for (const [name, magic] of [
  ['magic-0', 0],
  ['magic-1', 1],
  ['magic-1-gzip', 1],
] as const) {
  test(`a message set of ${name} is refused with INVALID_RECORD`, async () => {
    const golden = await readGolden(name)
    assert.throws(
      () => readBatchHeader(golden, 0),
      (error) => error instanceof UnsupportedMagicError && error.magic === magic && error.errorCode === 87,
    )
  })
}
