import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apiVersions,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestFrame,
  encodeResponseFrame,
  heartbeat,
  MalformedError,
  produce,
  Reader,
  saslHandshake,
} from '../src/index.ts'

function hex(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString('hex')
}

test('a request before flexible versions', () => {
  const frame = encodeRequestFrame(saslHandshake, 1, 5, 'me', { mechanism: 'PLAIN' })
  assert.equal(hex(frame), '000000130011000100000005' + '00026d65' + '0005504c41494e')
  assert.equal(hex(encodeRequestFrame(saslHandshake, 1, 5, null, { mechanism: 'PLAIN' })).slice(24, 28), 'ffff')
})

test('a flexible request keeps the plain client id and ends its header with tagged fields', () => {
  const frame = encodeRequestFrame(apiVersions, 3, 6, 'me', { clientSoftwareName: 'a', clientSoftwareVersion: 'b' })
  assert.equal(hex(frame), '000000120012000300000006' + '00026d65' + '00' + '0261' + '0262' + '00')
  const r = new Reader(Buffer.concat(frame), 4)
  assert.deepEqual(decodeRequestHeader(r), { apiKey: 18, apiVersion: 3, correlationId: 6, clientId: 'me' })
  assert.deepEqual(apiVersions.decodeRequest(r, 3), { clientSoftwareName: 'a', clientSoftwareVersion: 'b' })
})

test('unknown tagged fields in a header are skipped', () => {
  const r = new Reader(Buffer.from('000c000400000001' + 'ffff' + '02' + '0501aa' + '0602bbcc' + '77', 'hex'))
  assert.deepEqual(decodeRequestHeader(r), { apiKey: 12, apiVersion: 4, correlationId: 1, clientId: null })
  assert.equal(r.readInt8(), 0x77)
})

test('the header of an API that is not known is read as far as all headers agree', () => {
  const r = new Reader(Buffer.from('7530000900000001' + '000161' + '00', 'hex'))
  assert.deepEqual(decodeRequestHeader(r), { apiKey: 30_000, apiVersion: 9, correlationId: 1, clientId: 'a' })
})

test('a header cut off is malformed', () => {
  const whole = Buffer.from('001200030000000600026d6500', 'hex')
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeRequestHeader(new Reader(whole.subarray(0, length))), MalformedError)
  }
})

test('responses: tagged fields in the header from the first flexible version, save for ApiVersions', () => {
  assert.equal(hex(encodeResponseFrame(heartbeat, 3, 9, { errorCode: 27 })), '0000000a' + '00000009' + '00000000' + '001b')
  const flexible = encodeResponseFrame(heartbeat, 4, 9, { errorCode: 27 })
  assert.equal(hex(flexible), '0000000c' + '00000009' + '00' + '00000000' + '001b' + '00')
  assert.equal(decodeResponseHeader(new Reader(Buffer.concat(flexible), 4), heartbeat, 4), 9)
  const versions = encodeResponseFrame(apiVersions, 3, 9, { errorCode: 0, apiKeys: [] })
  assert.equal(hex(versions), '0000000c' + '00000009' + '0000' + '01' + '00000000' + '00')
  assert.equal(decodeResponseHeader(new Reader(Buffer.concat(versions), 4), apiVersions, 3), 9)
})

test('the size covers what is kept by reference', () => {
  const records = Buffer.alloc(10_000, 3)
  const message = { acks: -1, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records: [records] }] }] }
  const frame = encodeRequestFrame(produce, 9, 1, 'c', message)
  assert.ok(frame.includes(records))
  const bytes = Buffer.concat(frame)
  assert.equal(bytes.readInt32BE(0), bytes.length - 4)
})

test('a version that the API lacks is refused', () => {
  const expected = { name: 'UnsupportedVersionError' }
  assert.throws(() => encodeRequestFrame(produce, 2, 1, 'c', { acks: 1, timeoutMs: 1, topicData: [] }), expected)
  assert.throws(() => encodeResponseFrame(heartbeat, 5, 1, { errorCode: 0 }), expected)
})
