/** When a segment is full. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { defaultLogConfig } from '../../src/storage/log-config.ts'
import { Segment } from '../../src/storage/segment.ts'

test('a batch whose offsets its indexes could not hold goes to a new segment', () => {
  const segment = new Segment('/data/t-0', 1000, 0, 0, 0)
  const shouldRoll = (lastOffset: number): boolean =>
    segment.shouldRoll({ lastOffset, maxTimestamp: 0, sizeBytes: 100 }, defaultLogConfig, 0)
  assert.equal(shouldRoll(1000 + 2 ** 31 - 1), false)
  assert.equal(shouldRoll(1000 + 2 ** 31), true)
})
