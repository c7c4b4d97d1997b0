/** What is kept in memory and open stays within its bounds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Files } from '@odradek/runtime'
import { createSimulation } from '@odradek/runtime/sim'

import { FilePool } from '../../src/storage/file-pool.ts'
import { TailCache, TailCachePool } from '../../src/storage/tail-cache.ts'

const chunk = (): Buffer => Buffer.allocUnsafeSlow(100)

test('caches share their bytes: the log used longest ago gives way first', () => {
  const pool = new TailCachePool(1000, 600)
  const [first, second] = [new TailCache(pool), new TailCache(pool)]
  for (let at = 0; at < 10; at++) first.append(chunk(), at, at + 1)
  assert.equal(pool.bytes, 600, 'one log has its own bound')
  assert.equal(first.read(3, 1000, 10, true), undefined)
  assert.equal(first.read(4, 1000, 10, true)?.sizeBytes, 600)
  for (let at = 0; at < 6; at++) second.append(chunk(), at, at + 1)
  assert.equal(pool.bytes, 1000)
  assert.equal(first.read(5, 1000, 10, true), undefined)
  assert.equal(second.read(0, 1000, 10, true)?.sizeBytes, 600)
  first.clear()
  assert.equal(pool.bytes, 600)
})

test('a small batch does not keep the large buffer that it came in', () => {
  const pool = new TailCachePool(1000, 1000)
  const cache = new TailCache(pool)
  const network = Buffer.alloc(65_536, 7)
  cache.append(network.subarray(10, 110), 0, 1)
  const [kept] = cache.read(0, 1000, 1, true)?.chunks ?? []
  assert.equal(kept?.length, 100)
  assert.notEqual(kept?.buffer, network.buffer)
})

test('no more files are open than allowed, except those in use', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const { files } = simulation.runtime('broker')
    let open = 0
    const counting: Pick<Files, 'open' | 'stat'> = {
      stat: (path) => files.stat(path),
      open: async (path, mode) => {
        const handle = await files.open(path, mode)
        open++
        const close = handle.close.bind(handle)
        handle.close = async () => {
          open--
          await close()
        }
        return handle
      },
    }
    const pool = new FilePool(counting, 3)
    await files.makeDirectory('/data')
    for (let at = 0; at < 20; at++) await pool.use(`/data/${at % 7}`, true, (handle) => handle.sync())
    assert.equal(open, 3)
    await assert.rejects(
      pool.use('/data/missing', false, (handle) => handle.sync()),
      { code: 'ENOENT' },
    )
    let finish = (): void => undefined
    const using = pool.use(
      '/data/0',
      true,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    const evicted = pool.evict('/data/0').then(() => 'evicted')
    assert.equal(await Promise.race([evicted, simulation.sleep(10).then(() => 'waiting')]), 'waiting')
    finish()
    assert.equal(await evicted, 'evicted')
    await using
  })
})
