import assert from 'node:assert/strict'
import { it } from 'node:test'
import { FrameSplitter } from '../../src/connection/frame-splitter.ts'
import { ProtocolError } from '../../src/index.ts'

function frames(...bodies: string[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return [size, Buffer.from(body)]
    }),
  )
}

it('finds the frames however the stream is cut', () => {
  const bodies = ['hello', '', 'x'.repeat(50), 'ab']
  const stream = frames(...bodies)
  for (let first = 0; first <= stream.length; first++) {
    for (const second of [first, Math.min(first + 1, stream.length), Math.min(first + 7, stream.length)]) {
      const splitter = new FrameSplitter(1000)
      const found: string[] = []
      for (const chunk of [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]) {
        splitter.push(Buffer.from(chunk), (frame) => found.push(frame.toString()))
      }
      assert.deepEqual(found, bodies, `cut at ${first} and ${second}`)
    }
  }
})

it('hands over a frame that came in one piece without copying it', () => {
  const chunk = frames('hello')
  new FrameSplitter(1000).push(chunk, (frame) => {
    chunk.write('J', 4)
    assert.equal(frame.toString(), 'Jello')
  })
})

it('refuses sizes that no response has', () => {
  const huge = Buffer.from('HTTP/1.1 400 Bad Request')
  assert.throws(() => new FrameSplitter(1000).push(huge, () => assert.fail()), ProtocolError)
  assert.throws(() => new FrameSplitter(1000).push(Buffer.from([255, 255, 255, 255]), () => assert.fail()), ProtocolError)
})
