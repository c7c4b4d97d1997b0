import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePayloads, splitPayloads } from '../../src/commands/perf/payloads.ts'

const split = (text: string, delimiter: string): string[] => splitPayloads(Buffer.from(text), Buffer.from(delimiter)).map(String)

test('payloads stand between delimiters; those that are empty at the end do not count', () => {
  assert.deepEqual(split('a\nbb\n\nc\n\n', '\n'), ['a', 'bb', '', 'c'])
  assert.deepEqual(split('a--b-c', '--'), ['a', 'b-c'])
  assert.deepEqual(split('', '\n'), [])
})

test('random payloads have the size', () => {
  assert.ok(makePayloads(7).every((payload) => payload.length === 7))
})
