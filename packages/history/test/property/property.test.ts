import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkHistory, ruleNames } from '../../src/index.ts'
import { describeEvents, type Plant, plants, STUCK_AFTER_MS } from './plants.ts'
import { World } from './world.ts'

const STEPS = 400
const LEGAL_SEEDS = 100
const PLANT_SEEDS = 12

/** A run of random length before and after what is planted, then everything is read. */
function live(seed: number, plant: Plant | undefined): World {
  const world = new World(seed)
  world.rebalance()
  const before = world.random(STEPS)
  for (let step = 0; step < before; step++) world.step()
  world.isRough = plant === undefined
  plant?.(world)
  for (let step = before; step < STEPS; step++) world.step()
  world.settle()
  world.audit(true)
  world.audit(false)
  return world
}

describe('random histories', () => {
  it('that Kafka allows are clean', () => {
    const totals = { sent: 0, acknowledged: 0, read: 0, commits: 0, transactions: 0, rebalances: 0, faults: 0 }
    for (let seed = 1; seed <= LEGAL_SEEDS; seed++) {
      const { events } = live(seed, undefined)
      const { violations, counts } = checkHistory(events, { stuckAfterMs: STUCK_AFTER_MS })
      const told = violations.map(({ rule, message, lines }) => `${rule}: ${message}\n${describeEvents(events, lines)}`)
      assert.deepEqual(told, [], `seed ${seed}`)
      for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += counts[name]
    }
    for (const [name, total] of Object.entries(totals)) assert.ok(total > LEGAL_SEEDS, `${total} ${name} in ${LEGAL_SEEDS} histories`)
  })

  it('there is a plant for every rule', () => assert.deepEqual(Object.keys(plants).toSorted(), ruleNames.toSorted()))

  for (const [rule, plant] of Object.entries(plants)) {
    it(`with one ${rule} are found out`, () => {
      for (let seed = 1; seed <= PLANT_SEEDS; seed++) {
        const { violations } = checkHistory(live(seed, plant).events, { stuckAfterMs: STUCK_AFTER_MS })
        assert.deepEqual([...new Set(violations.map((violation) => violation.rule))], [rule], `seed ${seed}: ${JSON.stringify(violations)}`)
      }
    })
  }
})
