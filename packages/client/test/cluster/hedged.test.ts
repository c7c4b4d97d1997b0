import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hedged } from '../../src/cluster/hedged.ts'
import { ManualClock } from '../support/manual-clock.ts'

function ask(candidates: readonly string[], answers: Readonly<Record<string, () => Promise<string>>>, mayTryNext = true) {
  const clock = new ManualClock()
  const asked: string[] = []
  const attempt = (candidate: string): Promise<string> => {
    asked.push(candidate)
    return answers[candidate]?.() ?? new Promise(() => undefined)
  }
  const result = hedged(candidates, attempt, { clock, patienceMs: 100, maxAtOnce: 2, mayTryNext: () => mayTryNext })
  result.catch(() => undefined)
  return { clock, asked, result }
}

describe('hedged', () => {
  it('asks one while it may yet answer', async () => {
    const { clock, asked, result } = ask(['a', 'b'], { a: () => Promise.resolve('A') })
    assert.equal(await result, 'A')
    await clock.advance(1000)
    assert.deepEqual(asked, ['a'])
  })

  it('asks the next when one keeps silent, and no more than it may at once', async () => {
    const { clock, asked } = ask(['a', 'b', 'c'], {})
    await clock.advance(99)
    assert.deepEqual(asked, ['a'])
    await clock.advance(1)
    assert.deepEqual(asked, ['a', 'b'])
    await clock.advance(10_000)
    assert.deepEqual(asked, ['a', 'b'])
  })

  it('goes on at once when one fails, and takes the answer of any', async () => {
    const { asked, result } = ask(['a', 'b', 'c'], { a: () => Promise.reject(new Error('no')), b: () => Promise.resolve('B') })
    assert.equal(await result, 'B')
    assert.deepEqual(asked, ['a', 'b'])
  })

  it('takes a late answer while the others keep silent', async () => {
    let answer: (text: string) => void = () => undefined
    const late = new Promise<string>((resolve) => {
      answer = resolve
    })
    const { clock, result } = ask(['a', 'b'], { a: () => late })
    await clock.advance(5000)
    answer('A')
    assert.equal(await result, 'A')
  })

  it('fails with the last once all have failed, and at once with what nobody else can better', async () => {
    const failing = { a: () => Promise.reject(new Error('first')), b: () => Promise.reject(new Error('last')) }
    await assert.rejects(ask(['a', 'b'], failing).result, /last/)
    const { asked, result } = ask(['a', 'b'], failing, false)
    await assert.rejects(result, /first/)
    assert.deepEqual(asked, ['a'])
  })
})
