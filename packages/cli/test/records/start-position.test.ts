import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../src/errors.ts'
import { parseDurationMs, parseStartPosition } from '../../src/records/start-position.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')

for (const [text, expected] of [
  ['earliest', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['42', { kind: 'offset', offset: 42 }],
  ['-10', { kind: 'tail', count: 10 }],
  ['2026-01-31T11:00:00Z', { kind: 'time', timestampMs: nowMs - 3_600_000 }],
  ['PT5M', { kind: 'time', timestampMs: nowMs - 300_000 }],
  ['P36500D', { kind: 'time', timestampMs: 0 }],
  ['1969-12-31T00:00:00Z', { kind: 'time', timestampMs: 0 }],
  ['P1DT1S', { kind: 'time', timestampMs: nowMs - 86_401_000 }],
] as const) {
  test(`--from ${text}`, () => assert.deepEqual(parseStartPosition(text, nowMs), expected))
}

for (const text of ['yesterday', 'P', 'PT', 'P1M', '9007199254740993', '2026-13-45']) {
  test(`refused: --from ${text}`, () => assert.throws(() => parseStartPosition(text, nowMs), UsageError))
}

test('durations', () => {
  assert.equal(parseDurationMs('PT2H30M'), 9_000_000)
  assert.equal(parseDurationMs('PT0.5S'), 500)
})
