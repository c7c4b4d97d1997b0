import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  batchCrcIsValid,
  batchLayout,
  batchSizeAt,
  MalformedError,
  RecordCursor,
  readBatchHeader,
  recordsSection,
  UnsupportedMagicError,
} from '../../src/index.ts'
import { buildBatch, crc32c, readBatch } from './support.ts'

const batch = buildBatch([
  { timestampMs: 1_700_000_000_000, key: 'key', value: 'value', headers: [{ key: 'h', value: Buffer.from('1') }] },
  { timestampMs: 1_600_000_000_000, key: null, value: Buffer.alloc(300, 7), headers: [{ key: 'n', value: null }] },
])

/** A copy with its bytes from `at` on replaced. */
function altered(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(batch)
  copy.set(bytes, at)
  return copy
}

test('a batch cut at any byte is malformed, never read as less', () => {
  for (let length = 0; length < batch.length; length++) {
    const cut = batch.subarray(0, length)
    assert.throws(() => readBatch(cut), MalformedError, `header and records of ${length} bytes`)
    assert.throws(() => batchCrcIsValid(cut, 0, crc32c), MalformedError, `CRC of ${length} bytes`)
  }
})

test('a records section cut at any byte is malformed', () => {
  const header = readBatchHeader(batch, 0)
  const section = recordsSection(batch, 0, header)
  const cursor = new RecordCursor()
  for (let length = 0; length < section.length; length++) {
    const readAll = (): void => {
      cursor.reset(batch, 0, header, section.subarray(0, length))
      while (cursor.next()) cursor.headers()
    }
    assert.throws(readAll, MalformedError, `${length} bytes`)
  }
})

test('whatever byte is changed, the records are malformed or of the lengths they say', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: batch.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = altered(at, byte)
      try {
        for (const record of readBatch(changed)) assert.ok((record.value?.length ?? 0) < batch.length)
      } catch (error) {
        assert.ok(error instanceof MalformedError || error instanceof UnsupportedMagicError, String(error))
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a flipped bit under the CRC is noticed, one outside is not', () => {
  for (let at = 0; at < batch.length; at++) {
    if (at >= batchLayout.BATCH_LENGTH_AT && at < batchLayout.CRC_AT) continue
    const copy = altered(at, (batch[at] ?? 0) ^ 0x10)
    assert.equal(batchCrcIsValid(copy, 0, crc32c), at < batchLayout.BATCH_LENGTH_AT, `byte ${at}`)
  }
  assert.ok(batchCrcIsValid(altered(batchLayout.PARTITION_LEADER_EPOCH_AT, 1, 2, 3, 4), 0, crc32c))
})

test('a record count that the bytes cannot hold is refused at once', () => {
  for (const count of [
    [0x7f, 0xff, 0xff, 0xff],
    [0, 0, 0, 3],
    [0, 0, 0, 1],
    [0xff, 0xff, 0xff, 0xff],
  ]) {
    assert.throws(() => readBatch(altered(batchLayout.RECORD_COUNT_AT, ...count)), MalformedError, String(count))
  }
  const impossible = { ...readBatchHeader(batch, 0), recordCount: 2 ** 31 - 1 }
  assert.throws(() => new RecordCursor().reset(batch, 0, impossible, recordsSection(batch, 0, impossible)), MalformedError)
})

test('varints of more bits than their type are refused', () => {
  const records = batchLayout.RECORDS_AT
  assert.throws(() => readBatch(altered(records, 0xff, 0xff, 0xff, 0xff, 0x1f)), /more than 32 bits/)
  // Record length (one byte), attributes, then the timestamp delta.
  assert.throws(() => readBatch(altered(records + 2, ...Array.from({ length: 10 }, () => 0xff), 0)), /more than 64 bits/)
  assert.throws(() => readBatch(altered(records + 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)), /outside/)
})

test('64-bit fields beyond 2^53 are refused', () => {
  for (const at of [batchLayout.BASE_OFFSET_AT, batchLayout.BASE_TIMESTAMP_AT, batchLayout.MAX_TIMESTAMP_AT, batchLayout.PRODUCER_ID_AT]) {
    assert.throws(() => readBatchHeader(altered(at, 0x00, 0x20, 0, 0, 0, 0, 0, 0), 0), MalformedError)
    readBatchHeader(altered(at, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00), 0)
  }
})

test('unknown codecs, short lengths and old magics', () => {
  assert.throws(() => readBatchHeader(altered(batchLayout.ATTRIBUTES_AT + 1, 5), 0), /compression type 5/)
  assert.throws(() => readBatchHeader(altered(batchLayout.BATCH_LENGTH_AT, 0, 0, 0, 48), 0), /less than its header/)
  assert.throws(() => batchSizeAt(altered(batchLayout.BATCH_LENGTH_AT, 0xff, 0xff, 0xff, 0xff), 0), MalformedError)
  assert.throws(
    () => readBatchHeader(altered(batchLayout.MAGIC_AT, 1), 0),
    (error) => error instanceof UnsupportedMagicError && error.magic === 1 && error.errorCode === 87,
  )
})

test('the size of a batch is known from twelve bytes', () => {
  assert.equal(batchSizeAt(batch, 0), batch.length)
  assert.equal(batchSizeAt(batch.subarray(0, 12), 0), batch.length)
  assert.equal(batchSizeAt(batch.subarray(0, 11), 0), -1)
})
