import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Writer } from '../../src/index.ts'

test('record batches are kept by reference, with what surrounds them in order', () => {
  const first = Buffer.alloc(5000, 1)
  const second = Buffer.alloc(4000, 2)
  const w = new Writer(8)
  w.writeInt16(7)
  w.writeRecords([first, second])
  w.writeInt16(8)
  assert.equal(w.sizeBytes, 2 + 4 + 9000 + 2)
  const chunks = w.finish()
  assert.deepEqual(
    chunks.map((chunk) => chunk.length),
    [6, 5000, 4000, 2],
  )
  assert.equal(chunks[1], first)
  assert.equal(chunks[2], second)
  assert.equal(Buffer.from(chunks[0] ?? []).toString('hex'), '000700002328')
  assert.equal(Buffer.from(chunks[3] ?? []).toString('hex'), '0008')
})

test('small byte fields are copied', () => {
  const small = Buffer.from('abc')
  const w = new Writer()
  w.writeCompactRecords(small)
  const [only, ...rest] = w.finish()
  assert.equal(rest.length, 0)
  small[0] = 0
  assert.equal(Buffer.from(only ?? []).toString('hex'), '04616263')
})

test('a tagged field carries its size, also when it grows the memory and when its size needs two bytes', () => {
  const w = new Writer(4)
  w.writeInt8(9)
  const mark = w.beginTag(3)
  w.writeCompactString('x'.repeat(150))
  w.endTag(mark)
  w.writeInt8(9)
  assert.equal(w.finishBuffer().toString('hex'), `09039801${'9701'}${'78'.repeat(150)}09`)
})

test('large bytes in a tagged field are copied, for its size comes before them', () => {
  const w = new Writer(4)
  const mark = w.beginTag(0)
  w.writeCompactBytes(Buffer.alloc(3000, 5))
  w.endTag(mark)
  const bytes = w.finishBuffer()
  assert.equal(bytes.subarray(0, 5).toString('hex'), '00ba17b917')
  assert.equal(bytes.length, 1 + 2 + 2 + 3000)
})

test('nothing is lost when memory grows between chunks kept by reference', () => {
  const w = new Writer(16)
  const expected: number[] = []
  for (let i = 0; i < 200; i++) {
    w.writeInt32(i)
    expected.push(i)
    if (i % 7 === 0) w.writeRaw(Buffer.alloc(2048, i))
  }
  const bytes = w.finishBuffer()
  let at = 0
  for (const i of expected) {
    assert.equal(bytes.readInt32BE(at), i)
    at += 4
    if (i % 7 === 0) assert.ok(bytes.subarray(at, (at += 2048)).every((byte) => byte === i))
  }
  assert.equal(at, bytes.length)
})
