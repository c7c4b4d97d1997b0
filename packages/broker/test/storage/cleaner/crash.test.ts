/** A crash between any two steps of a compaction loses nothing, and leaves a log that can be compacted on. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSimulation } from '@odradek/runtime/sim'

import type { FoundRecord, Opened } from './support.ts'
import { contents, filesOf, openCompacted } from './support.ts'
import { batchOf, produce } from '../support.ts'

const keys = 5
const count = 9

async function fill({ partition, runtime }: Opened): Promise<void> {
  for (let at = 0; at < count; at++) {
    await produce(partition, batchOf(runtime, [{ key: `k${at % keys}`, value: `${at}`.padEnd(100, '.') }]))
  }
}

const lastOfKeys = (found: readonly FoundRecord[]): Map<string | null, FoundRecord> => new Map(found.map((record) => [record.key, record]))

/** Returns whether the compaction had ended before the crash could come. */
async function crashAfter(events: number, ending: 'kill' | 'powerLoss'): Promise<boolean> {
  const simulation = createSimulation({ seed: events })
  return await simulation.run(async () => {
    const first = await openCompacted(simulation)
    await fill(first)
    await first.manager.checkpoint()
    const expected = lastOfKeys((await contents(first)).records)
    let isDone = false
    const died = new Promise<void>((resolve) => simulation.onDeath('broker', resolve))
    simulation.killAfter('broker', events)
    const compacting = first.manager.compact().then(() => {
      isDone = true
    })
    await Promise.race([died, compacting])
    if (ending === 'powerLoss') simulation.powerLoss('broker')
    else if (isDone) simulation.kill('broker')
    const second = await openCompacted(simulation)
    assert.equal(second.partition.logEndOffset, count)
    const found = (await contents(second)).records
    assert.deepEqual(lastOfKeys(found), expected, `after ${events} events and a ${ending}`)
    assert.deepEqual(
      [...found].sort((left, right) => left.offset - right.offset),
      found,
    )
    for (const suffix of ['.cleaned', '.swap', '.deleted']) assert.deepEqual(filesOf(simulation, suffix), [])
    await produce(second.partition, batchOf(second.runtime, [{ key: 'k0', value: 'new'.padEnd(300, '.') }]))
    await produce(second.partition, batchOf(second.runtime, [{ key: 'k0', value: 'new'.padEnd(300, '.') }]))
    await second.manager.checkpoint()
    await second.manager.compact()
    const left = (await contents(second)).records
    assert.deepEqual(new Set(lastOfKeys(left).keys()), new Set(['k0', 'k1', 'k2', 'k3', 'k4']))
    assert.ok(left.length <= keys + 4, `${left.length} records are left`)
    await second.close()
    return isDone
  })
}

test('a kill or a power loss at any step of a compaction', async () => {
  let events = 1
  while (!(await crashAfter(events, events % 2 === 0 ? 'kill' : 'powerLoss'))) events++
  assert.ok(events > 50, `${events} steps were tried`)
})
