import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeEvent, HistoryDecoder, HistoryError, type HistoryEvent } from '../../src/index.ts'
import { run, Story } from '../story.ts'

const story = new Story({ topic: 'orders' })
story.tenRecords()
story.consumer('Käufer')
story.polled('Käufer', run(0, 9))
const text = story.events.map(encodeEvent).join('')

function decodeAll(bytes: Uint8Array, chunkBytes: number): HistoryEvent[] {
  const decoder = new HistoryDecoder()
  const events: HistoryEvent[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes) events.push(...decoder.decode(bytes.subarray(at, at + chunkBytes)))
  return [...events, ...decoder.end()]
}

describe('NDJSON', () => {
  it('gives back what was written, whatever the chunks', () => {
    for (const chunkBytes of [1, 7, 1000, 1_000_000]) assert.deepEqual(decodeAll(Buffer.from(text), chunkBytes), story.events)
    assert.deepEqual(decodeAll(Buffer.from(text.trimEnd()), 64), story.events)
  })

  it('does not mind a chunk that is used again', () => {
    const decoder = new HistoryDecoder()
    const chunk = Buffer.from('{"type":"history",')
    assert.deepEqual(decoder.decode(chunk), [])
    chunk.fill(0)
    assert.deepEqual(decoder.decode(Buffer.from('"version":1}\n')), [{ type: 'history', version: 1 }])
  })

  it('names the line that is wrong, and what is wrong with it', () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['{"type":"hist', /not JSON/],
      ['', /an empty line/],
      ['7', /an event is an object/],
      ['{"type":"history","version":2}', /version of "history" must be one of 1/],
      ['{"type":"party"}', /there is no event "party"/],
      ['{"type":"invoke","op":"dance"}', /there is no event "invoke dance"/],
      ['{"type":"invoke","op":"send","timeMs":1,"id":1,"client":"p","topic":"t"}', /value of "invoke send" must be a text/],
      ['{"type":"ok","op":"send","timeMs":1,"id":1,"partition":0,"offset":-2}', /offset of "ok send" must be an offset/],
      [
        '{"type":"ok","op":"poll","timeMs":1,"id":1,"fetched":[{"topic":"t","partition":0,"offsets":[1],"values":[]}]}',
        /fetched of "ok poll"/,
      ],
    ]
    for (const [line, message] of wrong) {
      assert.throws(
        () => decodeAll(Buffer.from(`{"type":"history","version":1}\n${line}\n`), 1000),
        (error) => error instanceof HistoryError && error.line === 2 && message.test(error.message),
        line,
      )
    }
  })
})
