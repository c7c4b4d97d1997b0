import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  batchCrcIsValid,
  batchLayout,
  compressionLevelIsValid,
  compressionTypeById,
  compressionTypeByName,
  compressionTypes,
  decrementSequence,
  incrementSequence,
  RecordBatchBuilder,
  readBatchHeader,
  setBaseOffset,
  setLogAppendTime,
  setMaxTimestamp,
  setProducerState,
} from '../../src/index.ts'
import { buildBatch, crc32c, readBatch } from './support.ts'

test('the size so far is what the batch takes', () => {
  const builder = new RecordBatchBuilder(61)
  assert.equal(builder.sizeBytes, 61)
  for (let i = 0; i < 200; i++) {
    const key = 'k'.repeat(i % 70)
    const value = Buffer.alloc(i * 41)
    const before = builder.sizeBytes
    builder.append(i, key, value)
    assert.ok(builder.sizeBytes - before <= RecordBatchBuilder.estimateBytes(key, value))
  }
  assert.equal(builder.recordCount, 200)
  assert.equal(builder.build({ crc32c }).length, builder.sizeBytes)
})

test('values around every step of the length prefix', () => {
  for (const edge of [50, 64, 8_180, 8_192, 1_048_560]) {
    for (let length = edge - 15; length < edge + 15; length++) {
      const [record] = readBatch(buildBatch([{ timestampMs: 5, key: null, value: Buffer.alloc(length, 1) }]))
      assert.equal(record?.value?.length, length)
    }
  }
})

test('strings: long and short, ASCII or not, lone surrogates as U+FFFD', () => {
  for (const text of ['', 'a', 'é', 'x'.repeat(5_000), 'ü'.repeat(5_000), `${'x'.repeat(100)}€`, '\ud800', '🚀'.repeat(9)]) {
    const [record] = readBatch(buildBatch([{ timestampMs: 5, key: text, value: text, headers: [{ key: text, value: null }] }], {}, 61))
    assert.deepEqual(record?.key, Buffer.from(text))
    assert.deepEqual(record.value, Buffer.from(text))
    assert.equal(record.headers[0]?.key, Buffer.from(text).toString())
  }
})

test('timestamps at the bounds, and beyond them', () => {
  const timestamps = [-1, Number.MAX_SAFE_INTEGER, 0, 2 ** 31, 2 ** 32, 2 ** 52]
  const batch = buildBatch(timestamps.map((timestampMs) => ({ timestampMs, key: null, value: null })))
  assert.deepEqual(
    readBatch(batch).map((record) => record.timestampMs),
    timestamps,
  )
  const builder = new RecordBatchBuilder()
  for (const bad of [-2, 2 ** 53, 1.5, Number.NaN]) assert.throws(() => builder.append(bad, null, null), RangeError)
  assert.equal(builder.recordCount, 0)
  assert.throws(() => builder.build({ crc32c }), RangeError)
})

test('a compressed batch holds what the codec returned and names it', () => {
  const builder = new RecordBatchBuilder()
  builder.append(1, 'k', 'v')
  const seen: Buffer[] = []
  const compress = (data: Uint8Array): Uint8Array => {
    seen.push(Buffer.from(data))
    return Buffer.from('squeezed')
  }
  const batch = builder.build({ crc32c, compression: { type: 'zstd', compress } })
  assert.equal(readBatchHeader(batch, 0).compression, 'zstd')
  assert.equal(batch.toString('latin1', batchLayout.RECORDS_AT), 'squeezed')
  assert.ok(batchCrcIsValid(batch, 0, crc32c))
  assert.deepEqual(seen, [builder.records()])
})

test('a builder is built twice with another producer state, and reset', () => {
  const builder = new RecordBatchBuilder()
  builder.append(7, 'k', 'v')
  const first = Buffer.from(builder.build({ crc32c, producerId: 1, producerEpoch: 0, baseSequence: 0 }))
  const second = builder.build({ crc32c, producerId: 1, producerEpoch: 1, baseSequence: 0 })
  setProducerState(first, 0, { producerId: 1, producerEpoch: 1, baseSequence: 0 }, crc32c)
  assert.deepEqual(first, second)
  builder.reset()
  builder.append(3, null, 'w')
  assert.deepEqual(readBatch(builder.build({ crc32c })), [{ offset: 0, timestampMs: 3, key: null, value: Buffer.from('w'), headers: [] }])
})

test('what a broker sets in place', () => {
  const prefix = Buffer.from('xx')
  const stored = Buffer.concat([prefix, buildBatch([{ timestampMs: 7, key: null, value: 'v' }])])
  setBaseOffset(stored, 2, 2 ** 40, 6)
  assert.ok(batchCrcIsValid(stored, 2, crc32c), 'offset and epoch are not under the CRC')
  setMaxTimestamp(stored, 2, 9, crc32c)
  assert.equal(readBatchHeader(stored, 2).maxTimestamp, 9)
  setLogAppendTime(stored, 2, 123, crc32c)
  assert.ok(batchCrcIsValid(stored, 2, crc32c))
  const header = readBatchHeader(stored, 2)
  assert.deepEqual(
    [header.baseOffset, header.lastOffset, header.partitionLeaderEpoch, header.timestampType],
    [2 ** 40, 2 ** 40, 6, 'LogAppendTime'],
  )
  assert.deepEqual(readBatch(stored, 2)[0]?.timestampMs, 123)
})

test('sequences wrap from 2^31 − 1 to 0', () => {
  assert.equal(incrementSequence(2 ** 31 - 1, 1), 0)
  assert.equal(incrementSequence(2 ** 31 - 1, 2 ** 31 - 1), 2 ** 31 - 2)
  assert.equal(incrementSequence(5, 3), 8)
  assert.equal(decrementSequence(0, 1), 2 ** 31 - 1)
  assert.equal(decrementSequence(8, 3), 5)
})

test('codecs by id, name and level', () => {
  for (const type of compressionTypes) {
    assert.equal(compressionTypeById(type.id), type)
    assert.equal(compressionTypeByName(type.name), type)
  }
  assert.equal(compressionTypeById(5), undefined)
  assert.equal(compressionTypeByName('producer'), undefined)
  const levels = [-131_073, -131_072, -2, -1, 0, 1, 9, 10, 17, 18, 22, 23]
  const valid = (name: 'gzip' | 'lz4' | 'zstd' | 'snappy' | 'none'): number[] =>
    levels.filter((level) => compressionLevelIsValid(name, level))
  assert.deepEqual(valid('gzip'), [-1, 1, 9])
  assert.deepEqual(valid('lz4'), [1, 9, 10, 17])
  assert.deepEqual(valid('zstd'), [-131_072, -2, -1, 0, 1, 9, 10, 17, 18, 22])
  assert.deepEqual([...valid('snappy'), ...valid('none')], [])
})
