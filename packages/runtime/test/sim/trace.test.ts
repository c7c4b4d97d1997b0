import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Trace } from '../../src/sim/trace.ts'

describe('a trace', () => {
  it('keeps the last entries and hashes all', () => {
    const short = new Trace(3)
    const long = new Trace(100)
    for (const trace of [short, long]) for (let index = 0; index < 5; index++) trace.add(index * 1_000_000, 'a', 'tick', index)
    assert.equal(short.count, 5)
    assert.deepEqual(short.lines(), ['2.000000 a tick 2', '3.000000 a tick 3', '4.000000 a tick 4'])
    assert.equal(long.lines().length, 5)
    assert.equal(short.hash(), long.hash())
  })

  it('tells entries apart by time, host, what, detail and order', () => {
    const entries: [number, string, string, number][] = [
      [1, 'a', 'x', 1],
      [2, 'a', 'x', 1],
      [2 ** 33, 'a', 'x', 1],
      [1, 'b', 'x', 1],
      [1, 'a', 'y', 1],
      [1, 'a', 'x', 2],
    ]
    const hashes = new Set<string>()
    for (const first of entries) {
      for (const second of entries) {
        const trace = new Trace(10)
        trace.add(...first)
        trace.add(...second)
        hashes.add(trace.hash())
      }
    }
    assert.equal(hashes.size, entries.length ** 2)
  })
})
