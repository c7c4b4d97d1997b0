/** Producers and a consumer group in bad weather: whatever happens to the broker, nothing acknowledged is lost, doubled or out of order. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSimulation, type FaultKind, type Simulation } from '@odradek/runtime/sim'
import { SimulatedCluster } from './cluster.ts'
import { Ledger } from './ledger.ts'
import { Storm } from './storm.ts'

const RECORDS = 600
const KEYS = ['Prague', 'Vienna', 'Brno', 'Olomouc', 'Linz', 'Graz', 'Plzeň']
const GROUP = 'billing'
/** Segments roll under way, so that several are open to damage. */
const ROLLING = { 'log.roll.ms': '700' }
const FLUSHED = { ...ROLLING, 'log.flush.interval.messages': '1' }

const seeds = (count: number): number[] => {
  const first = Number(process.env['ODRADEK_SIMULATION_SEED'] ?? 1)
  return Array.from({ length: Number(process.env['ODRADEK_SIMULATION_RUNS'] ?? count) }, (_, index) => first + index)
}

async function weather(seed: number, hasPowerLoss: boolean): Promise<Simulation> {
  const simulation = createSimulation({ seed })
  const ledger = new Ledger(KEYS)
  const cluster = new SimulatedCluster(simulation, { config: hasPowerLoss ? FLUSHED : ROLLING })
  await simulation.run(async () => {
    await cluster.start()
    const storm = new Storm(cluster, { hasPowerLoss })
    const raging = storm.rage()
    let isCalm = false
    const isDone = (): boolean => isCalm && ledger.consumed.length >= ledger.acknowledged.length
    const reading = cluster.consume('consumer-1', GROUP, ledger, isDone)
    await cluster.produce('producer', RECORDS, ledger)
    storm.end()
    await raging
    isCalm = true
    await Promise.all([reading, cluster.consume('consumer-2', GROUP, ledger, isDone)])
    // Less when a partition changed hands while the broker was down, and its new owner had no need to read it again.
    assert.ok((await cluster.committedRecords('auditor', GROUP)) <= ledger.consumed.length, `seed ${seed}: committed and not read`)
  })
  assert.deepEqual(ledger.lost(), [], `seed ${seed}: acknowledged and lost`)
  assert.deepEqual(ledger.duplicated(), [], `seed ${seed}: duplicated in spite of idempotence`)
  assert.deepEqual(ledger.disordered(), [], `seed ${seed}: out of order`)
  assert.equal(ledger.acknowledged.length + ledger.failures.length, RECORDS)
  // Two minutes of delivery.timeout.ms may run out in weather like this, for a few.
  assert.ok(ledger.acknowledged.length > RECORDS / 2, `seed ${seed}: ${ledger.acknowledged.length} acknowledged`)
  return simulation
}

function assertFired(simulations: Simulation[], kinds: FaultKind[]): void {
  for (const kind of kinds)
    assert.ok(
      simulations.some((simulation) => simulation.faults.count(kind) > 0),
      `${kind} never fired`,
    )
}

describe('a storm', () => {
  it('of kills, torn writes and a bad network', async () => {
    const simulations: Simulation[] = []
    for (const seed of seeds(5)) simulations.push(await weather(seed, false))
    assertFired(simulations, ['process-killed', 'write-torn', 'connect-refused', 'connection-cut', 'segment-stalled', 'segment-slowed'])
  })

  it('of power losses too, with every batch flushed', async () => {
    const simulations: Simulation[] = []
    for (const seed of seeds(5)) simulations.push(await weather(seed, true))
    assertFired(simulations, ['power-lost', 'write-lost', 'process-killed', 'write-torn'])
  })

  it('that comes again with its seed', async () => {
    const [first, second] = [await weather(7, true), await weather(7, true)]
    assert.deepEqual(second.trace.lines(), first.trace.lines())
    assert.equal(second.trace.hash(), first.trace.hash())
  })
})
