import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseDurationMs } from '../../src/config/iso-duration.ts'

it('reads what java.time.Duration reads', () => {
  const hour = 3_600_000
  assert.equal(parseDurationMs('PT1H'), hour)
  assert.equal(parseDurationMs('P2DT3H4M5.678S'), 51 * hour + 4 * 60_000 + 5678)
  assert.equal(parseDurationMs('pt90m'), 1.5 * hour)
  assert.equal(parseDurationMs('PT0S'), 0)
  assert.equal(parseDurationMs('-PT1H'), -hour)
  assert.equal(parseDurationMs('PT-1H'), -hour)
})

it('and nothing else', () => {
  for (const text of ['', 'P', 'PT', 'P1DT', '1H', 'PT1', 'P1Y', 'P1W', 'PT1H ', 'P1H', 'PT1.5H'])
    assert.equal(parseDurationMs(text), undefined, text)
})
