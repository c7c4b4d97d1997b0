import assert from 'node:assert/strict'
import fs from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createNodeRuntime } from '../../src/index.ts'

const { files } = createNodeRuntime()
let directory = ''

before(async () => {
  directory = await files.makeTemporaryDirectory('odradek-files-')
})

after(async () => {
  await files.removeDirectory(directory)
})

test('chunks are written in order at their position and read back', async () => {
  const file = await files.open(join(directory, 'chunks'), 'write')
  const chunks = Array.from({ length: 3_000 }, (_, i) => Buffer.from(`chunk ${i};`))
  await file.write(chunks, 0)
  await file.write([Buffer.from('CHUNK')], 0)
  await file.write([], 0)
  await file.sync()
  const expected = Buffer.concat(chunks)
  expected.write('CHUNK')
  assert.equal(await file.sizeBytes(), expected.length)
  const target = Buffer.alloc(expected.length + 10)
  assert.equal(await file.read(target, 0, target.length, 0), expected.length)
  assert.deepEqual(target.subarray(0, expected.length), expected)
  assert.equal(await file.read(target, 3, 4, 6), 4)
  assert.equal(target.toString('latin1', 3, 7), '0;ch')
  assert.equal(await file.read(target, 0, 4, expected.length), 0)
  await file.truncate(5)
  await file.close()
  assert.equal((await files.readFile(join(directory, 'chunks'))).toString(), 'CHUNK')
})

test('small writes are made at once, unless the kernel makes a writer wait', async (t) => {
  const file = await files.open(join(directory, 'small'), 'write')
  const { writeSync } = fs
  const writes = t.mock.method(fs, 'writeSync')
  await file.write([Buffer.from('quick;')], 0)
  assert.equal(writes.mock.callCount(), 1)
  await file.write([Buffer.alloc(16_385)], 100)
  assert.equal(writes.mock.callCount(), 1)
  const stalled = (descriptor: number, data: Uint8Array, offset: number, length: number, position: number): number => {
    for (const startedMs = performance.now(); performance.now() - startedMs < 7; );
    return writeSync(descriptor, data, offset, length, position)
  }
  t.mock.method(fs, 'writeSync', stalled)
  await file.write([Buffer.from('stalled')], 6)
  const after = t.mock.method(fs, 'writeSync')
  await file.write([Buffer.from(';aside')], 13)
  assert.equal(after.mock.callCount(), 0)
  await file.close()
  assert.equal((await files.readFile(join(directory, 'small'))).toString('latin1', 0, 19), 'quick;stalled;aside')
})

test('the ways to open a file', async () => {
  const path = join(directory, 'modes')
  await assert.rejects(files.open(path, 'read'), { code: 'ENOENT' })
  const created = await files.open(path, 'create')
  await created.write([Buffer.from('kept')], 0)
  await created.close()
  await assert.rejects(files.open(path, 'create'), { code: 'EEXIST' })
  const writable = await files.open(path, 'write')
  assert.equal(await writable.sizeBytes(), 4)
  await writable.close()
  const readable = await files.open(path, 'read')
  await assert.rejects(readable.write([Buffer.from('x')], 0), { code: 'EBADF' })
  await readable.close()
})

test('a file is replaced whole, one replacement after the other, and nothing else is left', async () => {
  const place = join(directory, 'replaced')
  await files.makeDirectory(place)
  const path = join(place, 'checkpoint')
  await Promise.all(Array.from({ length: 20 }, (_, i) => files.writeFileAtomic(path, Buffer.from(`version ${i}`))))
  assert.equal((await files.readFile(path)).toString(), 'version 19')
  assert.deepEqual(await readdir(place), ['checkpoint'])
  await assert.rejects(files.writeFileAtomic(join(place, 'missing', 'file'), Buffer.from('x')), { code: 'ENOENT' })
})

test('directories: made with their parents, listed by name, renamed, removed', async () => {
  const root = join(directory, 'root')
  await files.makeDirectory(join(root, 'b', 'c'))
  await files.makeDirectory(join(root, 'b'))
  await files.writeFileAtomic(join(root, 'a'), Buffer.from('12345'))
  assert.deepEqual(await files.list(root), [
    { name: 'a', isDirectory: false },
    { name: 'b', isDirectory: true },
  ])
  assert.equal((await files.stat(join(root, 'a')))?.sizeBytes, 5)
  assert.equal((await files.stat(root))?.isDirectory, true)
  await files.rename(join(root, 'b'), join(root, 'd'))
  await files.syncDirectory(root)
  assert.equal(await files.stat(join(root, 'b')), undefined)
  await files.remove(join(root, 'a'))
  await files.remove(join(root, 'a'))
  await files.removeDirectory(root)
  await files.removeDirectory(root)
  await assert.rejects(files.list(root), { code: 'ENOENT' })
  assert.ok((await files.freeBytes(directory)) > 0)
})

test('a directory is made with its parents, and again, and not where there is a file or no directory can be', async () => {
  const deep = join(directory, 'one', 'two', 'three')
  await Promise.all([files.makeDirectory(deep), files.makeDirectory(deep), files.makeDirectory(join(directory, 'one', 'other'))])
  await files.makeDirectory(deep)
  assert.deepEqual(await readdir(join(directory, 'one')), ['other', 'two'])
  const file = await files.open(join(directory, 'in-the-way'), 'write')
  await file.close()
  await assert.rejects(files.makeDirectory(join(directory, 'in-the-way')), { code: 'EEXIST' })
  await assert.rejects(files.makeDirectory(join(directory, 'in-the-way', 'below')), { code: 'ENOTDIR' })
})

test('where a directory takes no entries, making one fails instead of trying for ever', {
  skip: process.platform !== 'linux',
}, async () => {
  await assert.rejects(files.makeDirectory('/proc/odradek/data'), { code: 'ENOENT' })
})
