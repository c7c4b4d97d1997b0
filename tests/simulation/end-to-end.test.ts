/** Our broker and our client from end to end in a simulated world: virtual time, a network that is cut, a disk that tears a write. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimulation, type Simulation } from '@odradek/runtime/sim'
import { BROKER, type ClusterOptions, SimulatedCluster } from './cluster.ts'
import { Ledger } from './ledger.ts'
import type { Ownership } from './ownership.ts'

const RECORDS = 300
const KEYS = ['Prague', 'Vienna', 'Brno', 'Olomouc', 'Linz', 'Graz', 'Plzeň']
const GROUP = 'billing'
const SEEDS = [1, 2, 3]

interface Outcome {
  readonly simulation: Simulation
  readonly ledger: Ledger
  readonly ownership: Ownership
  readonly committed: number
}

type Mishap = (cluster: SimulatedCluster, ledger: Ledger) => Promise<void>

/** A producer that sends while mishaps happen, then a group of two that reads everything. */
async function tell(seed: number, mishap: Mishap, options?: ClusterOptions): Promise<Outcome> {
  const simulation = createSimulation({ seed })
  const ledger = new Ledger(KEYS)
  const cluster = new SimulatedCluster(simulation, options)
  const committed = await simulation.run(async () => {
    await cluster.start()
    await Promise.all([cluster.produce('producer', RECORDS, ledger), mishap(cluster, ledger)])
    const isDone = (): boolean => ledger.consumed.length >= ledger.acknowledged.length
    await Promise.all([cluster.consume('consumer-1', GROUP, ledger, isDone), cluster.consume('consumer-2', GROUP, ledger, isDone)])
    return cluster.committedRecords('auditor', GROUP)
  })
  return { simulation, ledger, ownership: cluster.ownership, committed }
}

function assertSound({ simulation, ledger, ownership, committed }: Outcome): void {
  const where = `seed ${simulation.seed}`
  assert.deepEqual(ledger.failures, [], where)
  assert.equal(ledger.acknowledged.length, RECORDS, where)
  assert.deepEqual(ledger.lost(), [], `${where}: acknowledged and lost`)
  assert.deepEqual(ledger.duplicated(), [], `${where}: duplicated in spite of idempotence`)
  assert.deepEqual(ledger.disordered(), [], `${where}: out of order`)
  assert.equal(ledger.consumed.length, RECORDS, where)
  assert.equal(committed, RECORDS, where)
  assert.deepEqual(ownership.overlaps, [], `${where}: a partition with two owners`)
  assert.equal(ownership.members.size, 2, `${where}: both members had a part`)
}

const cutAndTorn: Mishap = async (cluster, ledger) => {
  const { simulation } = cluster
  await ledger.reached(RECORDS / 4)
  simulation.network.cutDuringNext('producer', BROKER)
  await ledger.reached(RECORDS / 2)
  await simulation.disk(BROKER).tearNextWrite(/\/orders-\d\/\d+\.log$/, 40)
  await simulation.sleep(400)
  await cluster.start()
}

describe('broker and client, simulated', () => {
  for (const seed of SEEDS) {
    it(`lose nothing to a cut connection, a torn write and a restart (seed ${seed})`, async () => {
      const outcome = await tell(seed, cutAndTorn)
      outcome.simulation.faults.assertFired('connection-cut', 'write-torn', 'process-killed')
      assertSound(outcome)
    })
  }

  it('do the same again for the same seed, and something else for another', async () => {
    const first = await tell(SEEDS[0] ?? 1, cutAndTorn)
    const second = await tell(SEEDS[0] ?? 1, cutAndTorn)
    const other = await tell(99, cutAndTorn)
    assert.deepEqual(second.simulation.trace.lines(), first.simulation.trace.lines())
    assert.equal(second.simulation.trace.hash(), first.simulation.trace.hash())
    assert.deepEqual(second.ledger.acknowledged, first.ledger.acknowledged)
    assert.notEqual(other.simulation.trace.hash(), first.simulation.trace.hash())
  })

  it('lose nothing to responses that never arrive and connections that are half open', async () => {
    const outcome = await tell(4, async ({ simulation }, ledger) => {
      await ledger.reached(50)
      simulation.network.loseNextResponse('producer', BROKER)
      await ledger.reached(120)
      simulation.network.halfOpen(BROKER, 'producer')
      await ledger.reached(200)
      simulation.network.partition('producer', BROKER)
      await simulation.sleep(3000)
      simulation.network.heal('producer', BROKER)
    })
    outcome.simulation.faults.assertFired('response-lost', 'connection-half-open', 'segment-blocked')
    assertSound(outcome)
  })

  it('lose nothing to power loss when every batch is flushed', async () => {
    const config = { 'log.flush.interval.messages': '1' }
    const losePower: Mishap = async (cluster, ledger) => {
      await ledger.reached(RECORDS / 2)
      cluster.simulation.powerLoss(BROKER)
      await cluster.simulation.sleep(2000)
      await cluster.start()
    }
    const outcome = await tell(5, losePower, { config })
    outcome.simulation.faults.assertFired('power-lost')
    assertSound(outcome)
  })
})
