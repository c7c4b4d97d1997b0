import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UsageError } from '../../src/errors.ts'
import { ndjsonToRecord, recordToNdjson } from '../../src/records/ndjson.ts'

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null })
const headers = fc.array(fc.record({ key: fc.string(), value: bytes }), { maxLength: 4 })
const asBuffer = (value: Uint8Array | string | null | undefined): Buffer | null | undefined =>
  value === null || value === undefined ? value : typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)

test('any record survives the way out and in: binary, nulls, duplicate headers', () => {
  fc.assert(
    fc.property(bytes, bytes, headers, fc.nat(), (key, value, list, timestamp) => {
      const line = recordToNdjson({ topic: 't', partition: 3, offset: 9, timestamp, key, value, headers: list })
      assert.ok(!line.includes('\n'))
      const record = ndjsonToRecord(line)
      assert.deepEqual(asBuffer(record.key), asBuffer(key))
      assert.deepEqual(asBuffer(record.value), asBuffer(value))
      assert.deepEqual(
        record.headers?.map((header) => [header.key, asBuffer(header.value)]),
        list.map((header) => [header.key, asBuffer(header.value)]),
      )
      assert.equal(record.timestamp, timestamp)
      assert.equal(record.partition, 3)
    }),
  )
})

test('text is written as text, other bytes as base64, null as null', () => {
  const line = recordToNdjson({
    topic: 't',
    partition: 0,
    offset: 1,
    timestamp: 2,
    key: Buffer.from('ключ'),
    value: Buffer.from([0xff, 0x00]),
    headers: [{ key: 'h', value: null }],
  })
  assert.equal(line, '{"topic":"t","partition":0,"offset":1,"timestamp":2,"key":"ключ","value":{"base64":"/wA="},"headers":[["h",null]]}')
})

test('a value that is JSON itself is sent as its text', () => {
  assert.equal(ndjsonToRecord('{"value":{"amount":7}}').value, '{"amount":7}')
  assert.equal(ndjsonToRecord('{"value":[1,2]}').value, '[1,2]')
  assert.equal(ndjsonToRecord('{"value":7}').value, '7')
})

for (const [line, reason] of [
  ['{"value":', /^not JSON/],
  ['[1]', /not a JSON object/],
  ['{"vaule":1}', /unknown field "vaule"/],
  ['{"value":{"base64":"%%"}}', /not valid base64/],
  ['{"partition":1.5}', /partition is not a whole number/],
  ['{"headers":{"a":"b"}}', /not an array of \[name, value\] pairs/],
  ['{"headers":[["a"]]}', /not a \[name, value\] pair/],
] as const) {
  test(`refused: ${line}`, () => {
    assert.throws(
      () => ndjsonToRecord(line),
      (error) => error instanceof UsageError && reason.test(error.message),
    )
  })
}
