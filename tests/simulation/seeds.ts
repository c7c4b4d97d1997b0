/** Makes tests of many seeds, a test for so many, and one for what all of them together must have seen. */

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Session } from './session.ts'

const SEEDS_A_TEST = 100

export function simulateSeeds(firstSeed: number, count: number): void {
  const lines: string[] = []
  const session = new Session((line) => void lines.push(line))
  for (let seed = firstSeed; seed < firstSeed + count; seed += SEEDS_A_TEST) {
    void it(`seeds ${seed} to ${seed + SEEDS_A_TEST - 1} break no promise`, async () => {
      lines.length = 0
      const before = session.failures
      await session.run(seed, SEEDS_A_TEST)
      assert.equal(session.failures - before, 0, lines.join('\n'))
    })
  }
  void it('every fault of every scenario has struck', (t) => {
    lines.length = 0
    const before = session.failures
    session.summarise()
    for (const line of lines) t.diagnostic(line)
    assert.equal(session.failures - before, 0, lines.join('\n'))
  })
}
