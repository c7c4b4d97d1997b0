/** What the simulated disk and the real one have in common. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { codeOf, subjects, withDirectory } from './subjects.ts'

for (const { name, run } of subjects) {
  describe(`files of ${name}`, () => {
    it('open as the mode says', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          const { files } = runtime
          assert.equal(await codeOf(files.open(`${directory}/f`, 'read')), 'ENOENT')
          assert.equal(await codeOf(files.open(`${directory}/none/f`, 'write')), 'ENOENT')
          const created = await files.open(`${directory}/f`, 'create')
          await created.write([Buffer.from('kept')], 0)
          await created.close()
          assert.equal(await codeOf(files.open(`${directory}/f`, 'create')), 'EEXIST')
          const kept = await files.open(`${directory}/f`, 'write')
          assert.equal(await kept.sizeBytes(), 4)
          await kept.close()
        }),
      ))

    it('read and write at positions', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          const handle = await runtime.files.open(`${directory}/f`, 'create')
          await handle.write([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('cd')], 3)
          await handle.sync()
          const target = Buffer.alloc(10, '.')
          assert.equal(await handle.read(target, 1, 9, 0), 7)
          assert.equal(target.toString('latin1'), '.\0\0\0abcd..')
          assert.equal(await handle.read(target, 0, 4, 100), 0)
          await handle.truncate(4)
          await handle.truncate(6)
          assert.equal(await handle.sizeBytes(), 6)
          await handle.close()
          assert.equal((await runtime.files.readFile(`${directory}/f`)).toString('latin1'), '\0\0\0a\0\0')
          assert.equal(await codeOf(runtime.files.readFile(`${directory}/g`)), 'ENOENT')
        }),
      ))

    it('refuse to write through a handle that only reads', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          await runtime.files.writeFileAtomic(`${directory}/f`, Buffer.from('x'))
          const handle = await runtime.files.open(`${directory}/f`, 'read')
          assert.equal(await codeOf(handle.write([Buffer.from('y')], 0)), 'EBADF')
          await handle.close()
        }),
      ))

    it('replace atomically, one after the other', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          const path = `${directory}/state`
          const texts = ['first', 'second, longer', 'third']
          await Promise.all(texts.map((text) => runtime.files.writeFileAtomic(path, Buffer.from(text))))
          assert.equal((await runtime.files.readFile(path)).toString(), 'third')
          assert.deepEqual(await runtime.files.list(directory), [{ name: 'state', isDirectory: false }])
          assert.equal(await codeOf(runtime.files.writeFileAtomic(`${directory}/none/state`, Buffer.from('x'))), 'ENOENT')
        }),
      ))

    it('list, stat, rename and remove', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          const { files } = runtime
          await files.makeDirectory(`${directory}/topic/deep`)
          await files.makeDirectory(`${directory}/topic`)
          await files.writeFileAtomic(`${directory}/b`, Buffer.from('bb'))
          await files.writeFileAtomic(`${directory}/C`, Buffer.from('ccc'))
          assert.deepEqual(
            (await files.list(directory)).map((entry) => entry.name),
            ['C', 'b', 'topic'],
          )
          assert.equal(await codeOf(files.list(`${directory}/none`)), 'ENOENT')
          assert.equal((await files.stat(`${directory}/C`))?.sizeBytes, 3)
          assert.equal((await files.stat(`${directory}/topic`))?.isDirectory, true)
          assert.equal(await files.stat(`${directory}/none`), undefined)
          assert.equal(await files.stat(`${directory}/b/below`), undefined)
          await files.rename(`${directory}/C`, `${directory}/b`)
          assert.equal((await files.readFile(`${directory}/b`)).toString(), 'ccc')
          await files.rename(`${directory}/topic`, `${directory}/gone`)
          assert.equal(await codeOf(files.rename(`${directory}/topic`, `${directory}/x`)), 'ENOENT')
          await files.syncDirectory(directory)
          await files.removeDirectory(`${directory}/gone`)
          await files.removeDirectory(`${directory}/gone`)
          await files.remove(`${directory}/b`)
          await files.remove(`${directory}/b`)
          assert.deepEqual(await files.list(directory), [])
          assert.ok((await files.freeBytes(directory)) > 0)
        }),
      ))

    it('keep an open file in use after it was renamed and removed', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          const handle = await runtime.files.open(`${directory}/f`, 'create')
          await runtime.files.rename(`${directory}/f`, `${directory}/g`)
          await handle.write([Buffer.from('x')], 0)
          assert.equal((await runtime.files.readFile(`${directory}/g`)).toString(), 'x')
          await runtime.files.remove(`${directory}/g`)
          await handle.write([Buffer.from('y')], 1)
          assert.equal(await handle.sizeBytes(), 2)
          await handle.close()
        }),
      ))

    it('lock a directory once', () =>
      run((runtime) =>
        withDirectory(runtime, async (directory) => {
          const lock = await runtime.files.lockDirectory(directory)
          assert.equal(await codeOf(runtime.files.lockDirectory(directory)), 'ELOCKED')
          await lock.release()
          const again = await runtime.files.lockDirectory(directory)
          await again.release()
        }),
      ))
  })
}
