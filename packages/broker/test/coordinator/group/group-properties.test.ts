import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GroupWorld, type Step } from '../support/group-world.ts'

const member = fc.nat({ max: 5 })

/** Weighted so that groups get somewhere between the accidents. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: fc.constant({ kind: 'pollAll' as const }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('poll' as const), member }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('join' as const), member, protocols: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('sync' as const, 'heartbeat' as const), member }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('commit' as const), member, partition: fc.nat({ max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'vanish' as const), member }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(100, 600, 600, 3000, 11_000, 25_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('holdWrites' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failWrites' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), undurableBatches: fc.nat({ max: 3 }) }) },
)

test('whatever members, disk and crashes do, what was acknowledged holds and every request is answered', async () => {
  let syncedMembers = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 80, maxLength: 160 }), async (steps) => {
      const world = await new GroupWorld().start()
      for (const each of steps) await world.run(each)
      await world.finish()
      syncedMembers += world.syncedMembers
    }),
    { numRuns: 120 },
  )
  assert.ok(syncedMembers > 100, `only ${syncedMembers} assignments in all runs: the steps do not get anywhere`)
})
