import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Sampled } from '../../src/metrics/sampled.ts'

function start(samples = 2) {
  let now = 0
  const sampled = new Sampled({ windowMs: 1000, samples, nowMs: () => now })
  return {
    sampled,
    at: (ms: number) => {
      now = ms
      return sampled
    },
  }
}

describe('sampled', () => {
  it('counts a rate over the windows, those before the start as quiet ones', () => {
    const { at } = start()
    at(0).record(100)
    // One whole window is taken for granted, as in Kafka: 100 in 1.5 s.
    assert.equal(Math.round(at(500).rate * 10) / 10, 66.7)
    at(1000).record(100)
    assert.equal(at(1500).rate, 200 / 1.5)
    assert.equal(at(1500).countRate, 2 / 1.5)
  })

  it('forgets what is older than its windows, but not the total', () => {
    const { at } = start()
    at(0).record(7)
    at(900).record(1)
    assert.deepEqual([at(2000).average, at(2000).max, at(2000).min], [4, 7, 1])
    assert.equal(at(2899).max, 7)
    assert.deepEqual([at(2900).average, at(2900).max, at(2900).rate], [Number.NaN, Number.NaN, 0])
    assert.deepEqual([at(2900).total, at(2900).count, at(2900).last], [8, 2, 1])
  })

  it('keeps no more samples than it looks back over, and one', () => {
    const { at, sampled } = start(3)
    for (let ms = 0; ms < 100_000; ms += 250) at(ms).record(1)
    assert.equal(Math.round(sampled.rate), 4)
    assert.ok(sampled.recentCount <= 16)
  })

  it('has no average and no rate before the first value', () => {
    const { sampled } = start()
    assert.deepEqual([sampled.average, sampled.max, sampled.min, sampled.rate], [Number.NaN, Number.NaN, Number.NaN, 0])
  })
})
