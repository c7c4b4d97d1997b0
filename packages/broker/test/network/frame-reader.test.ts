import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameError, FrameReader } from '../../src/network/frame-reader.ts'

function framed(...bodies: readonly string[]): Buffer {
  return Buffer.concat(
    bodies.map((body) => {
      const frame = Buffer.alloc(4 + body.length)
      frame.writeInt32BE(body.length)
      frame.write(body, 4)
      return frame
    }),
  )
}

function framesOf(chunks: readonly Buffer[]): string[] {
  const reader = new FrameReader(1000)
  const frames: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame.toString())
  }
  return frames
}

test('frames come out whole, however the stream is cut', () => {
  const stream = framed('one', '', 'a longer frame', 'x')
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const chunks = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      assert.deepEqual(framesOf(chunks), ['one', '', 'a longer frame', 'x'])
    }
  }
  assert.deepEqual(framesOf([...stream].map((byte) => Buffer.from([byte]))), ['one', '', 'a longer frame', 'x'])
})

test('a frame within one chunk is not copied', () => {
  const chunk = framed('abc')
  const reader = new FrameReader(1000)
  reader.push(chunk)
  assert.equal(reader.next()?.buffer, chunk.buffer)
  assert.equal(reader.bufferedBytes, 0)
})

test('sizes that no request has are refused as soon as they are read', () => {
  for (const size of [-1, -2147483648, 1001, 2147483647]) {
    const reader = new FrameReader(1000)
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(size)
    reader.push(bytes.subarray(0, 3))
    assert.equal(reader.next(), undefined)
    reader.push(bytes.subarray(3))
    assert.throws(() => reader.next(), FrameError)
  }
})
