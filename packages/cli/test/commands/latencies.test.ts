import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latencies } from '../../src/commands/perf/latencies.ts'

test('percentiles, average and maximum of what was added', () => {
  const latencies = new Latencies()
  for (let ms = 1; ms <= 1000; ms++) latencies.add(ms)
  assert.equal(latencies.percentileMs(0.5), 500)
  assert.equal(latencies.percentileMs(0.999), 999)
  assert.equal(latencies.averageMs, 500.5)
  assert.equal(latencies.maxMs, 1000)
})

test('a latency beyond the range counts in the last bucket, and as itself in the maximum', () => {
  const latencies = new Latencies()
  latencies.add(120_000)
  assert.equal(latencies.percentileMs(0.5), 60_000)
  assert.equal(latencies.maxMs, 120_000)
})
