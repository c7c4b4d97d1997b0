import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchCrcIsValid, readBatchHeader } from '../../src/index.ts'
import type { InputRecord } from './support.ts'
import { buildBatch, crc32c, readBatch } from './support.ts'

const bytes = fc.option(
  fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 150 }), fc.string({ maxLength: 150 })),
)
const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 60 }), value: fc.option(fc.uint8Array({ maxLength: 40 })) })
const record: fc.Arbitrary<InputRecord> = fc.record({
  timestampMs: fc.oneof(fc.integer({ min: -1, max: 2 ** 31 }), fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER })),
  key: bytes,
  value: bytes,
  headers: fc.array(header, { maxLength: 4 }),
})

function asBuffer(value: Uint8Array | string | null): Buffer | null {
  return value === null ? null : Buffer.from(value)
}

test('what is appended comes back, whatever the strings, lengths and timestamps', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.integer({ min: 0, max: 200 }), (records, initialBytes) => {
      const batch = buildBatch(records, {}, initialBytes)
      assert.ok(batchCrcIsValid(batch, 0, crc32c))
      const expected = records.map((input, index) => ({
        offset: index,
        timestampMs: input.timestampMs,
        key: asBuffer(input.key),
        value: asBuffer(input.value),
        headers: (input.headers ?? []).map(({ key, value }) => ({ key, value: asBuffer(value) })),
      }))
      assert.deepEqual(readBatch(batch), expected)
      assert.equal(readBatchHeader(batch, 0).maxTimestamp, Math.max(...records.map((input) => input.timestampMs)))
    }),
    { numRuns: 300 },
  )
})
