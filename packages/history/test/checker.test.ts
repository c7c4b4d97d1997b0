import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkHistory, HistoryError, type HistoryEvent, ruleNames, rulePromises } from '../src/index.ts'
import { run, Story, TOPIC } from './story.ts'

describe('a history that makes no sense', () => {
  const header: HistoryEvent = { type: 'history', version: 1 }
  const topic: HistoryEvent = { type: 'topic', timeMs: 1, topic: TOPIC, partitions: 1 }
  const producer: HistoryEvent = { type: 'open', role: 'producer', timeMs: 1, client: 'p', process: 'p', acks: 'all', idempotent: true }
  const send: HistoryEvent = { type: 'invoke', op: 'send', timeMs: 1, id: 1, client: 'p', topic: TOPIC, value: 'a' }
  const wrong: Readonly<Record<string, readonly [events: readonly HistoryEvent[], message: RegExp]>> = {
    'no header': [[topic], /event 1: the header is missing/],
    'two headers': [[header, topic, header], /event 3: the header comes first/],
    'a clock that goes back': [[header, topic, { ...topic, topic: 'other', timeMs: 0 }], /the clock goes back/],
    'an unknown topic': [[header, producer, send], /topic "orders" has not been declared/],
    'an unknown partition': [
      [header, topic, producer, send, { type: 'ok', op: 'send', timeMs: 2, id: 1, partition: 1, offset: 0 }],
      /no partition 1/,
    ],
    'an unknown client': [[header, topic, send], /"p" has not been opened/],
    'a value sent twice': [[header, topic, producer, send, { ...send, id: 2 }], /value "a" was sent before/],
    'an operation twice': [[header, topic, producer, send, { ...send, value: 'b' }], /operation 1 is under way already/],
    'a completion of nothing': [[header, { type: 'info', timeMs: 1, id: 1 }], /operation 1 is not under way/],
    'a completion of another kind': [
      [header, topic, producer, send, { type: 'ok', op: 'end', timeMs: 2, id: 1 }],
      /operation 1 is a send, not a end/,
    ],
  }
  for (const [name, [events, message]] of Object.entries(wrong)) {
    it(name, () =>
      assert.throws(
        () => checkHistory(events),
        (error) => error instanceof HistoryError && message.test(error.message),
      ),
    )
  }
})

describe('a verdict', () => {
  it('counts what the history holds', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c', { group: 'g' })
    story.polled('c', run(0, 9))
    story.committed('c', 10)
    story.recorder.faultOnce('cut')
    const { counts, violations, omitted } = story.check()
    assert.deepEqual({ violations, omitted }, { violations: [], omitted: 0 })
    assert.deepEqual(counts, {
      events: story.events.length,
      sent: 10,
      acknowledged: 10,
      read: 10,
      commits: 1,
      transactions: 0,
      rebalances: 1,
      faults: 1,
    })
  })

  it('keeps so many violations of a rule and counts the rest', () => {
    const story = new Story()
    story.tenRecords()
    story.consumer('c')
    story.polled('c', { 0: 'a0', 9: 'a9' })
    const { violations, omitted } = checkHistory(story.events, { maxPerRule: 3 })
    assert.deepEqual(
      violations.map(({ rule, offset, value, lines }) => ({ rule, offset, value, lines: lines.length })),
      [
        { rule: 'lost-write', offset: 1, value: 'a1', lines: 2 },
        { rule: 'lost-write', offset: 2, value: 'a2', lines: 2 },
        { rule: 'lost-write', offset: 3, value: 'a3', lines: 2 },
      ],
    )
    assert.equal(omitted, 5)
  })

  it('every rule says what it holds Kafka to', () => {
    assert.equal(new Set(ruleNames).size, ruleNames.length)
    for (const name of ruleNames) assert.ok((rulePromises.get(name) ?? '').length > 10, name)
  })
})
