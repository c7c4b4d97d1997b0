import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Files } from '../../src/index.ts'
import { createSimulation, type Simulation } from '../../src/sim/index.ts'
import { codeOf } from './sockets.ts'

async function withFiles(run: (files: Files, simulation: Simulation) => Promise<void>, seed = 1): Promise<void> {
  const simulation = createSimulation({ seed })
  await simulation.run(() => run(simulation.runtime('a').files, simulation))
}

async function put(files: Files, path: string, text: string): Promise<void> {
  const handle = await files.open(path, 'write')
  await handle.write([Buffer.from(text)], 0)
  await handle.close()
}

describe('simulated files', () => {
  it('open as the mode says', async () => {
    await withFiles(async (files) => {
      assert.equal(await codeOf(files.open('/tmp/f', 'read')), 'ENOENT')
      assert.equal(await codeOf(files.open('/nowhere/f', 'write')), 'ENOENT')
      await put(files, '/tmp/f', 'text')
      assert.equal(await codeOf(files.open('/tmp/f', 'create')), 'EEXIST')
      assert.equal(await codeOf(files.open('/tmp', 'write')), 'EISDIR')
      assert.equal(await codeOf(files.open('/tmp/f/g', 'write')), 'ENOTDIR')
      const handle = await files.open('/tmp/f', 'read')
      assert.equal(await codeOf(handle.write([Buffer.from('x')], 0)), 'EBADF')
      await handle.close()
      assert.equal(await codeOf(handle.sizeBytes()), 'EBADF')
    })
  })

  it('read and write at positions, with zeros in the gaps', async () => {
    await withFiles(async (files) => {
      const handle = await files.open('/tmp/f', 'create')
      await handle.write([Buffer.from('ab'), Buffer.from('cd')], 3)
      assert.equal(await handle.sizeBytes(), 7)
      const target = Buffer.alloc(10, '.')
      assert.equal(await handle.read(target, 1, 9, 0), 7)
      assert.equal(target.toString('latin1'), '.\0\0\0abcd..')
      assert.equal(await handle.read(target, 0, 2, 5), 2)
      assert.equal(target.toString('latin1', 0, 2), 'cd')
      assert.equal(await handle.read(target, 0, 2, 7), 0)
      await handle.truncate(4)
      assert.equal((await files.readFile('/tmp/f')).toString('latin1'), '\0\0\0a')
      await handle.truncate(6)
      assert.equal((await files.readFile('/tmp/f')).toString('latin1'), '\0\0\0a\0\0')
    })
  })

  it('list, stat, rename and remove', async () => {
    await withFiles(async (files) => {
      await files.makeDirectory('/data/topic-1')
      await files.makeDirectory('/data/topic-0')
      await put(files, '/data/b', 'bb')
      assert.deepEqual(await files.list('/data'), [
        { name: 'b', isDirectory: false },
        { name: 'topic-0', isDirectory: true },
        { name: 'topic-1', isDirectory: true },
      ])
      assert.equal(await codeOf(files.list('/none')), 'ENOENT')
      assert.equal((await files.stat('/data/b'))?.sizeBytes, 2)
      assert.equal((await files.stat('/data'))?.isDirectory, true)
      assert.equal(await files.stat('/none/at/all'), undefined)
      await put(files, '/data/c', 'ccc')
      await files.rename('/data/b', '/data/c')
      assert.equal((await files.readFile('/data/c')).toString(), 'bb')
      assert.equal(await codeOf(files.rename('/data/b', '/data/c')), 'ENOENT')
      await put(files, '/data/topic-0/f', 'f')
      await files.rename('/data/topic-0', '/data/gone')
      assert.equal((await files.readFile('/data/gone/f')).toString(), 'f')
      assert.equal(await codeOf(files.rename('/data/topic-1', '/data/gone')), 'ENOTEMPTY')
      await files.removeDirectory('/data/gone')
      await files.removeDirectory('/data/gone')
      await files.remove('/data/c')
      await files.remove('/data/c')
      assert.deepEqual(await files.list('/data'), [{ name: 'topic-1', isDirectory: true }])
    })
  })

  it('keep an open file in use after it was renamed and removed', async () => {
    await withFiles(async (files) => {
      const handle = await files.open('/tmp/f', 'create')
      await files.rename('/tmp/f', '/tmp/g')
      await handle.write([Buffer.from('x')], 0)
      assert.equal((await files.readFile('/tmp/g')).toString(), 'x')
      await files.remove('/tmp/g')
      await handle.write([Buffer.from('y')], 1)
      assert.equal(await handle.sizeBytes(), 2)
      assert.equal(await files.stat('/tmp/g'), undefined)
    })
  })

  it('make temporary directories that do not meet', async () => {
    await withFiles(async (files) => {
      const first = await files.makeTemporaryDirectory('odradek-')
      const second = await files.makeTemporaryDirectory('odradek-')
      assert.notEqual(first, second)
      assert.deepEqual(await files.list(second), [])
    })
  })

  it('lock a directory for as long as the process lives', async () => {
    await withFiles(async (files, simulation) => {
      await files.makeDirectory('/data')
      const lock = await files.lockDirectory('/data')
      assert.equal(await codeOf(files.lockDirectory('/data')), 'ELOCKED')
      await lock.release()
      await files.lockDirectory('/data')
      simulation.kill('a')
      assert.equal(await codeOf(simulation.runtime('a').files.lockDirectory('/data')), 'resolved')
    })
  })

  it('take the memory of a write when it takes effect', async () => {
    await withFiles(async (files) => {
      const handle = await files.open('/tmp/f', 'create')
      const memory = Buffer.from('before')
      const writing = handle.write([memory], 0)
      memory.write('after!')
      await writing
      assert.equal((await files.readFile('/tmp/f')).toString(), 'after!')
    })
  })

  it('are full when the capacity is used up, and have room again when something is removed', async () => {
    await withFiles(async (files, simulation) => {
      simulation.disk('a').setCapacity(100)
      const handle = await files.open('/tmp/f', 'create')
      await handle.write([Buffer.alloc(60)], 0)
      await handle.write([Buffer.alloc(60)], 0)
      assert.equal(await files.freeBytes('/tmp'), 40)
      assert.equal(await codeOf(handle.write([Buffer.alloc(60)], 60)), 'ENOSPC')
      assert.equal(await handle.sizeBytes(), 100)
      assert.equal(await files.freeBytes('/tmp'), 0)
      await files.rename('/tmp/f', '/tmp/g')
      assert.equal(await files.freeBytes('/tmp'), 0)
      await handle.truncate(10)
      assert.equal(await files.freeBytes('/tmp'), 90)
      await files.remove('/tmp/g')
      assert.equal(await files.freeBytes('/tmp'), 100)
      simulation.faults.assertFired('disk-full')
    })
  })

  it('let a test look at them and put them there', async () => {
    await withFiles(async (files, simulation) => {
      const disk = simulation.disk('a')
      disk.place('/data/deep/f', Buffer.from('abc'))
      assert.equal((await files.readFile('/data/deep/f')).toString(), 'abc')
      disk.flipBit('/data/deep/f', 1, 0)
      assert.equal(disk.read('/data/deep/f').toString(), 'acc')
      assert.deepEqual(disk.paths(), ['/data/deep/f'])
      simulation.powerLoss('a')
      assert.equal(disk.read('/data/deep/f').toString(), 'acc')
    })
  })
})
