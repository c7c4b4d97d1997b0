import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LastEnd } from '../../src/transaction/last-end.ts'

/** Transactions one after the other, `answerMs` from the first record to the answer, on a clock that only they move. */
class Bench {
  nowMs = 0
  asked = 0
  /** How often the coordinator says that it is still ending. */
  endingTimes = 0
  failure: Error | undefined
  readonly lastEnd = new LastEnd({
    nowMs: () => this.nowMs,
    pause: async (ms) => {
      this.nowMs += ms
    },
    isEnding: async () => {
      this.asked++
      if (this.failure !== undefined) throw this.failure
      return this.endingTimes-- > 0
    },
  })

  async transaction(answerMs: number, pauseMs = 0): Promise<void> {
    this.nowMs += pauseMs
    const first = this.lastEnd.wait()
    assert.equal(this.lastEnd.wait(), first, 'another partition waits for the same')
    await first
    assert.equal(this.lastEnd.wait(), undefined)
    this.nowMs += answerMs
    this.lastEnd.onAnswered()
    this.lastEnd.onEnded()
  }
}

async function held(): Promise<Bench> {
  const bench = new Bench()
  for (let n = 0; n < 3; n++) await bench.transaction(25)
  assert.equal(bench.asked, 0)
  return bench
}

describe('the end of the transaction before', () => {
  it('is nobody asked about while brokers take what comes', async () => {
    const bench = new Bench()
    for (const answerMs of [100, 2, 25, 19, 25, 3]) await bench.transaction(answerMs)
    assert.equal(bench.asked, 0)
  })

  it('is asked about where two beginnings in a row have been held', async () => {
    const bench = await held()
    bench.endingTimes = 2
    await bench.transaction(2)
    assert.deepEqual([bench.asked, bench.nowMs], [3, 79])
    await bench.transaction(2)
    assert.equal(bench.asked, 4)
  })

  it('is long over when a transaction begins later', async () => {
    const bench = await held()
    await bench.transaction(2, 20)
    assert.equal(bench.asked, 0)
  })

  it('holds nothing up for long, whatever the coordinator says', async () => {
    const bench = await held()
    bench.endingTimes = 1000
    await bench.transaction(0)
    assert.deepEqual([bench.asked, bench.nowMs], [100, 175])
    bench.failure = new Error('it is gone')
    await bench.transaction(0)
    assert.deepEqual([bench.asked, bench.nowMs], [101, 175])
  })
})
