/** Every scenario once, every seed that has found something, and the judge on worlds that do break their promises. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { losePower } from './faults/broker-faults.ts'
import { stallLink } from './faults/network-faults.ts'
import { regressions } from './regressions.ts'
import { run } from './run.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { unsynced } from './scenarios/unsynced.ts'
import { Session } from './session.ts'

const SEED = 1

describe('in the simulator', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    it(`${name} breaks no promise`, async () => {
      const { report } = await run(scenario, SEED)
      assert.deepEqual(report, [])
    })
  }

  for (const { scenario, seed, found } of regressions) {
    it(`${scenario} ${seed}: ${found}`, async () => {
      const scenarioOf = scenarios[scenario]
      assert.ok(scenarioOf)
      const { report } = await run(scenarioOf, seed)
      assert.deepEqual(report, [])
    })
  }

  it('a run comes again with its seed, and another seed is another run', async () => {
    const [first, second, other] = [await run(unsynced, 5), await run(unsynced, 5), await run(unsynced, 6)]
    assert.equal(second.traceHash, first.traceHash)
    assert.deepEqual(second.events, first.events)
    assert.notEqual(other.traceHash, first.traceHash)
  })

  it('a scenario that is too careless is found out', async () => {
    const careless = (seed: number): Promise<readonly string[]> =>
      run((pick) => {
        const { unsyncedMs: _, ...scenario } = unsynced(pick)
        return { ...scenario, config: {} }
      }, seed).then(({ violations }) => violations.map(({ rule }) => rule))
    assert.ok((await careless(2)).includes('lost-write'))
  })

  it('what never comes to its end is found out', async () => {
    const stuck = (): Scenario => ({
      name: 'stuck',
      about: 'A link that nobody mends.',
      topics: { orders: { partitions: 1 } },
      producers: [
        { topic: 'orders', records: 5, everyMs: { min: 0, max: 100 }, config: { deliveryTimeoutMs: 2 ** 31 - 1, maxBlockMs: 2 ** 31 - 1 } },
      ],
      programs: {
        saboteur:
          ({ simulation }) =>
          async (life) => {
            for (let count = 0; count < 1000; count++) {
              simulation.network.partition('producer-1-1', 'broker')
              await life.sleep(100)
            }
          },
      },
      faults: [stallLink],
      faultEveryMs: { min: 500, max: 1000 },
      weatherMs: 2000,
      calmMs: 20_000,
    })
    const { violations, report } = await run(stuck, SEED)
    assert.deepEqual(
      violations.map(({ rule }) => rule),
      ['stuck'],
    )
    assert.match(report.join('\n'), /producer-1-1 comes to its end/)
  })

  it('a fault that never struck fails the session', async () => {
    const lines: string[] = []
    const session = new Session((line) => void lines.push(line))
    session.tally({ scenario: 'calm', strokes: {}, configured: [losePower], faults: {}, simulatedMs: 1 })
    session.summarise()
    assert.equal(session.failures, 0)
    for (let count = 0; count < 50; count++)
      session.tally({ scenario: 'calm', strokes: {}, configured: [losePower], faults: {}, simulatedMs: 1 })
    session.summarise()
    assert.equal(session.failures, 1)
    assert.match(lines.join('\n'), /never struck in 51 runs: power lost/)
  })
})
