import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileHandle } from '../../src/index.ts'
import { createSimulation, type Simulation } from '../../src/sim/index.ts'
import { codeOf } from './sockets.ts'

const PATH = '/data/log'

async function openLog(simulation: Simulation): Promise<FileHandle> {
  const { files } = simulation.runtime('a')
  await files.makeDirectory('/data')
  const handle = await files.open(PATH, 'write')
  await files.syncDirectory('/data')
  await files.syncDirectory('/')
  return handle
}

function over(seeds: number, run: (simulation: Simulation) => Promise<void>): Promise<Simulation[]> {
  return Promise.all(
    Array.from({ length: seeds }, async (_, seed) => {
      const simulation = createSimulation({ seed })
      await simulation.run(() => run(simulation))
      return simulation
    }),
  )
}

const total = (simulations: Simulation[], kind: Parameters<Simulation['faults']['count']>[0]): number =>
  simulations.reduce((sum, simulation) => sum + simulation.faults.count(kind), 0)

describe('a kill', () => {
  it('loses nothing that was written, synced or not', async () => {
    await over(5, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.write([Buffer.from('unsynced')], 0)
      simulation.kill('a')
      assert.equal((await simulation.runtime('a').files.readFile(PATH)).toString(), 'unsynced')
    })
  })

  it('leaves a write under way whole, torn or undone, by seed', async () => {
    const outcomes = new Map<string, number>()
    const simulations = await over(60, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.write([Buffer.from('0123')], 0)
      void handle.write([Buffer.from('456789')], 4)
      simulation.kill('a')
      const text = (await simulation.runtime('a').files.readFile(PATH)).toString()
      assert.ok('0123456789'.startsWith(text) && text.length >= 4, text)
      const outcome = text.length === 4 ? 'undone' : text.length === 10 ? 'whole' : 'torn'
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    })
    assert.ok((outcomes.get('undone') ?? 0) > 10 && (outcomes.get('whole') ?? 0) > 10 && (outcomes.get('torn') ?? 0) > 5)
    assert.equal(total(simulations, 'write-torn'), outcomes.get('torn'))
  })

  it('leaves a rename under way done or not', async () => {
    const outcomes = new Set<string>()
    await over(20, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.close()
      void simulation.runtime('a').files.rename(PATH, '/data/renamed')
      simulation.kill('a')
      outcomes.add(simulation.disk('a').paths().join())
    })
    assert.deepEqual([...outcomes].sort(), ['/data/log', '/data/renamed'])
  })

  it('comes from the disk itself when a write is to tear at a chosen byte', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const handle = await openLog(simulation)
      const torn = simulation.disk('a').tearNextWrite(/log$/, 7)
      await handle.write([Buffer.from('short')], 0)
      let settled = false
      void handle.write([Buffer.from('longer than that')], 5).finally(() => (settled = true))
      await torn
      await simulation.sleep(1000)
      assert.equal(settled, false)
      assert.equal(simulation.disk('a').read(PATH).toString(), 'shortlonger ')
      assert.equal((await simulation.runtime('a').files.readFile(PATH)).toString(), 'shortlonger ')
    })
    assert.deepEqual(simulation.faults.all(), { 'process-killed': 1, 'write-torn': 1 })
  })
})

describe('power loss', () => {
  it('keeps what was synced and, of the rest, what the seed says', async () => {
    const texts = new Set<string>()
    const simulations = await over(40, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.write([Buffer.from('synced ')], 0)
      await handle.sync()
      await handle.write([Buffer.from('first ')], 7)
      await handle.write([Buffer.from('second')], 13)
      simulation.powerLoss('a')
      const text = (await simulation.runtime('a').files.readFile(PATH)).toString('latin1')
      assert.ok(text.startsWith('synced '), text)
      texts.add(text)
    })
    assert.ok(texts.has('synced ') && texts.has('synced first second') && texts.has('synced first '))
    assert.ok(texts.has('synced \0\0\0\0\0\0second'), 'a later write may arrive without an earlier one')
    assert.ok(total(simulations, 'write-lost') > 10 && total(simulations, 'write-torn') > 5)
  })

  it('does not count as synced what was written while the sync ran', async () => {
    const sizes = new Set<number>()
    await over(20, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.write([Buffer.from('before')], 0)
      const syncing = handle.sync()
      await handle.write([Buffer.from('during')], 6)
      await syncing
      simulation.powerLoss('a')
      const bytes = await simulation.runtime('a').files.readFile(PATH)
      assert.equal(bytes.toString('latin1', 0, 6), 'before')
      sizes.add(bytes.length)
    })
    assert.ok(sizes.has(6) && sizes.has(12))
  })

  it('undoes creations and renames whose directory was not synced, the latest first', async () => {
    const states = new Set<string>()
    const simulations = await over(40, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.close()
      const { files } = simulation.runtime('a')
      await files.rename(PATH, '/data/renamed')
      await files.open('/data/created', 'create')
      simulation.powerLoss('a')
      states.add(simulation.disk('a').paths().join())
    })
    assert.deepEqual([...states].sort(), ['/data/created,/data/renamed', '/data/log', '/data/renamed'])
    assert.ok(total(simulations, 'entry-change-lost') > 10)
  })

  it('keeps the changes of a synced directory, and the synced files in it only if they can be found', async () => {
    const found = new Set<string>()
    await over(20, async (simulation) => {
      const { files } = simulation.runtime('a')
      await files.makeDirectory('/data/topic')
      await files.syncDirectory('/data')
      await files.syncDirectory('/')
      await files.writeFileAtomic('/data/topic/kept', Buffer.from('all of it'))
      await files.makeDirectory('/lost')
      const handle = await files.open('/lost/f', 'create')
      await handle.write([Buffer.from('x')], 0)
      await handle.sync()
      await files.syncDirectory('/lost')
      simulation.powerLoss('a')
      assert.equal(simulation.disk('a').read('/data/topic/kept').toString(), 'all of it')
      found.add(simulation.disk('a').paths().join())
    })
    assert.deepEqual([...found].sort(), ['/data/topic/kept', '/data/topic/kept,/lost/f'])
  })

  it('spares what the kernel has written back by itself', async () => {
    await over(10, async (simulation) => {
      const handle = await openLog(simulation)
      await handle.write([Buffer.from('old')], 0)
      await simulation.sleep(31_000)
      await handle.write([Buffer.from('new')], 3)
      simulation.powerLoss('a')
      assert.equal(simulation.disk('a').read(PATH).toString('latin1', 0, 3), 'old')
    })
  })

  it('replaces a file atomically or not at all', async () => {
    const contents = new Set<string>()
    await over(40, async (simulation) => {
      const { files } = simulation.runtime('a')
      await files.writeFileAtomic('/tmp/state', Buffer.from('old'))
      void files.writeFileAtomic('/tmp/state', Buffer.from('newer'))
      await simulation.sleep(simulation.seed / 10)
      simulation.powerLoss('a')
      contents.add(simulation.disk('a').read('/tmp/state').toString())
    })
    assert.deepEqual([...contents].sort(), ['newer', 'old'])
  })
})

describe('disk faults', () => {
  it('fail the next write, after a part of it', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const handle = await openLog(simulation)
      simulation.disk('a').failNextWrite(/other/)
      simulation.disk('a').failNextWrite(/log$/, 'ENOSPC', 2)
      assert.equal(await codeOf(handle.write([Buffer.from('abcdef')], 0)), 'ENOSPC')
      assert.equal(simulation.disk('a').read(PATH).toString(), 'ab')
      simulation.disk('a').failNextWrite(/log$/)
      assert.equal(await codeOf(handle.write([Buffer.from('abcdef')], 0)), 'EIO')
      assert.equal(await codeOf(handle.write([Buffer.from('abcdef')], 0)), 'resolved')
    })
    assert.deepEqual(simulation.faults.all(), { 'disk-full': 1, 'write-failed': 1 })
  })

  it('are called off', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const handle = await openLog(simulation)
      simulation.disk('a').failNextWrite(/log$/)
      simulation.disk('a').failNextSync(/log$/)
      simulation.disk('a').disarm()
      await handle.write([Buffer.from('abc')], 0)
      await handle.sync()
    })
    assert.deepEqual(simulation.faults.all(), {})
  })

  it('fail a sync, after which a sync that succeeds does not save what that one lost', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const handle = await openLog(simulation)
      await handle.write([Buffer.from('abc')], 0)
      simulation.disk('a').failNextSync(/log$/)
      assert.equal(await codeOf(handle.sync()), 'EIO')
      assert.equal(await codeOf(handle.sync()), 'resolved')
      assert.equal(simulation.disk('a').read(PATH).toString(), 'abc')
      simulation.powerLoss('a')
      assert.equal(simulation.disk('a').read(PATH).toString(), '')
    })
    simulation.faults.assertFired('sync-failed')
  })

  it('slow syncs down', async () => {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const handle = await openLog(simulation)
      simulation.disk('a').slowSyncs(500)
      const startMs = simulation.elapsedMs
      await handle.sync()
      assert.ok(simulation.elapsedMs - startMs > 500)
      simulation.disk('a').slowSyncs(0)
      await handle.sync()
      assert.ok(simulation.elapsedMs - startMs < 510)
    })
    assert.deepEqual(simulation.faults.all(), { 'sync-slowed': 1 })
  })

  it('strike by probability', async () => {
    const simulation = createSimulation({ seed: 1, diskFaults: { writeFailed: 0.3, syncFailed: 0.3, syncSlowed: 0.3 } })
    await simulation.run(async () => {
      const handle = await openLog(simulation)
      for (let round = 0; round < 40; round++) {
        await codeOf(handle.write([Buffer.from('abc')], 0))
        await codeOf(handle.sync())
      }
      simulation.disk('a').setFaults({ writeFailed: 0, syncFailed: 0, syncSlowed: 0 })
      assert.equal(await codeOf(handle.write([Buffer.from('abc')], 0)), 'resolved')
      assert.equal(await codeOf(handle.sync()), 'resolved')
    })
    simulation.faults.assertFired('write-failed', 'sync-failed', 'sync-slowed')
    assert.throws(() => simulation.faults.assertFired('write-failed', 'disk-full'), /never fired: disk-full; fired: .*write-failed/)
  })
})
