import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SampledRate } from '../../src/quota/sampled-rate.ts'

const window = { samples: 11, sampleMs: 1000 }

test('a burst is spread over ten samples, and the wait brings the rate back to the limit', () => {
  const rate = new SampledRate(window)
  rate.record(10_300, 0)
  assert.equal(rate.windowMs(0), 10_000)
  assert.equal(rate.measure(0), 1030)
  assert.equal(rate.throttleMs(1000, 0), 300)
  assert.equal(rate.throttleMs(1030, 0), 0)
  // Within the first ten samples what has passed counts twice: as itself and as samples that are not there yet.
  assert.equal(rate.windowMs(400), 10_400)
  assert.equal(rate.throttleMs(1000, 300), 0)
})

test('samples that are over count until they are out of the window', () => {
  const rate = new SampledRate(window)
  for (let second = 0; second < 30; second++) rate.record(100, second * 1000)
  assert.equal(rate.windowMs(29_000), 10_000)
  assert.equal(rate.measure(29_000), 110)
  // The oldest of them reaches into the window a little longer.
  assert.equal(rate.windowMs(29_900), 10_900)
  assert.equal(rate.measure(29_000 + 11_000), 0)
})

test('what is taken back does not count', () => {
  const rate = new SampledRate(window)
  rate.record(500, 0)
  rate.record(-500, 1)
  assert.equal(rate.measure(1), 0)
  assert.equal(rate.throttleMs(1, 1), 0)
})
