/** When the cleaner runs, how much it takes at a time, and what it makes of the internal topics. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { FileHandle, OpenMode, Runtime } from '@odradek/runtime'
import { createSimulation } from '@odradek/runtime/sim'

import { offsetCommitRecord } from '../../../src/coordinator/group/group-records.ts'
import type { CleanerConfig } from '../../../src/storage/cleaner/log-cleaner.ts'
import { defaultCleanerConfig } from '../../../src/storage/cleaner/log-cleaner.ts'
import type { OpenPartition } from '../support.ts'
import { batchOf, openPartition, produce } from '../support.ts'
import { compacted, contents, logBytes, simulate } from './support.ts'

async function fill({ partition, runtime }: OpenPartition, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await produce(partition, batchOf(runtime, [{ key: `k${at % 20}`, value: `${at}`.padEnd(40, '.') }]))
}

/** Fills a log, then lets time pass. Returns the bytes before and after. */
async function runFor(ms: number, cleaner: Partial<CleanerConfig>): Promise<{ before: number; after: number }> {
  const measured = { before: 0, after: 0 }
  await simulate(async (simulation, open) => {
    const opened = await open({ manager: { cleaner: () => ({ ...defaultCleanerConfig, ...cleaner }) } })
    await fill(opened, 60)
    await opened.manager.checkpoint()
    measured.before = logBytes(simulation)
    await simulation.sleep(ms)
    measured.after = logBytes(simulation)
    await opened.close()
  })
  return measured
}

test('log.cleaner.backoff.ms says when, log.cleaner.enable whether', async () => {
  const early = await runFor(4000, { backoffMs: 5000 })
  assert.equal(early.after, early.before)
  const late = await runFor(6000, { backoffMs: 5000 })
  assert.ok(late.after < late.before / 2)
  const never = await runFor(20_000, { backoffMs: 5000, isEnabled: false })
  assert.equal(never.after, never.before)
})

test('log.cleaner.io.max.bytes.per.second holds it back', async () => {
  const held = await runFor(6000, { backoffMs: 100, ioBufferBytes: 100, ioMaxBytesPerSecond: 500 })
  assert.equal(held.after, held.before)
  const done = await runFor(60_000, { backoffMs: 100, ioBufferBytes: 100, ioMaxBytesPerSecond: 500 })
  assert.ok(done.after < done.before / 2)
})

test('a log with more keys than log.cleaner.dedupe.buffer.size takes more passes, and comes out the same', async () => {
  const passes: number[] = []
  const found = new Set<string>()
  for (const [dedupeBufferBytes, loadFactor] of [
    [2 ** 20, 0.9],
    [24 * 10, 0.9],
    [24 * 10, 0.3],
  ] as const) {
    await simulate(async (_simulation, open) => {
      const cleaner = { ...defaultCleanerConfig, isEnabled: false, dedupeBufferBytes, loadFactor }
      const opened = await open({ manager: { cleaner: () => cleaner } })
      await fill(opened, 60)
      await opened.manager.checkpoint()
      passes.push(await opened.manager.compact())
      const last = (await contents(opened)).records.filter(({ offset }) => offset >= 40)
      found.add(JSON.stringify(last))
      const seen = new Set((await contents(opened)).records.map(({ key, offset }) => (offset < 50 ? key : offset)))
      assert.ok(seen.size <= 30)
      await opened.close()
    })
  }
  const [all = 0, some = 0, few = 0] = passes
  assert.ok(all === 1 && some > 1 && few > some, `${passes.join(', ')} passes`)
  assert.equal(found.size, 1)
})

test('log.cleaner.io.buffer.size is what it reads at a time', async () => {
  const largest = async (ioBufferBytes: number): Promise<number> => {
    const simulation = createSimulation({ seed: 1 })
    let bytes = 0
    await simulation.run(async () => {
      const own = simulation.runtime('broker')
      let isCleaning = false
      const open = async (path: string, mode: OpenMode): Promise<FileHandle> => {
        const handle = await own.files.open(path, mode)
        const read: FileHandle['read'] = (target, at, length, position) => {
          if (isCleaning && path.endsWith('.log')) bytes = Math.max(bytes, length)
          return handle.read(target, at, length, position)
        }
        return {
          read,
          write: (chunks, position) => handle.write(chunks, position),
          sync: () => handle.sync(),
          truncate: (size) => handle.truncate(size),
          sizeBytes: () => handle.sizeBytes(),
          close: () => handle.close(),
        }
      }
      const files = new Proxy(own.files, { get: (target, name) => (name === 'open' ? open : bound(target, name)) })
      const runtime: Runtime = { ...own, files }
      const cleaner = { ...defaultCleanerConfig, isEnabled: false, ioBufferBytes }
      const opened = await openPartition(runtime, '/data', {
        config: { ...compacted, segmentBytes: 4000 },
        manager: { cleaner: () => cleaner },
      })
      await fill(opened, 100)
      await opened.manager.checkpoint()
      isCleaning = true
      assert.equal(await opened.manager.compact(), 1)
      await opened.close()
    })
    return bytes
  }
  assert.equal(await largest(1000), 1000)
  assert.ok((await largest(100_000)) > 3000)
})

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

test('a year of commits stays small', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open({ config: { segmentBytes: 20_000, minCleanableDirtyRatio: 0.5 } })
    const { partition, runtime, manager } = opened
    let written = 0
    for (let day = 0; day < 365; day++) {
      const records = Array.from({ length: 40 }, (_, at) => {
        const value = { offset: day * 1000 + at, leaderEpoch: 0, metadata: '', commitTimestamp: runtime.clock.nowMs() }
        return offsetCommitRecord(`group ${at % 3}`, 'orders', at % 10, value)
      })
      const batch = batchOf(
        runtime,
        records.map(({ key, value }) => ({ key: key.toString('latin1'), value: value?.toString('latin1') ?? null })),
      )
      written += batch.length
      await produce(partition, batch)
      if (day % 7 === 6) {
        await manager.checkpoint()
        await manager.compact()
      }
    }
    assert.ok(written > 800_000, `${written} bytes`)
    assert.ok(logBytes(simulation) < 70_000, `${logBytes(simulation)} bytes are left of ${written}`)
    await opened.close()
  })
})
