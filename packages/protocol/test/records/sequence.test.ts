import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decrementSequence, incrementSequence } from '../../src/index.ts'

test('sequences wrap from 2^31 − 1 to 0, and back', () => {
  const last = 2 ** 31 - 1
  assert.equal(incrementSequence(last - 1, 1), last)
  assert.equal(incrementSequence(last, 1), 0)
  assert.equal(incrementSequence(last, 5), 4)
  assert.equal(decrementSequence(0, 1), last)
  assert.equal(decrementSequence(4, 5), last)
  assert.equal(decrementSequence(5, 5), 0)
})
