import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createNodeRuntime } from '../../src/index.ts'

const { files } = createNodeRuntime()
const runtimeModule = new URL('../../src/index.js', import.meta.url).href
let directory = ''

before(async () => {
  directory = await files.makeTemporaryDirectory('odradek-lock-')
})

after(async () => {
  await files.removeDirectory(directory)
})

/** A process that tries to lock the directory, says 'held' or the error's code, and stays. */
async function locker(env: NodeJS.ProcessEnv = process.env): Promise<{ child: ChildProcess; answer: string }> {
  const program = `
    import { createNodeRuntime } from ${JSON.stringify(runtimeModule)}
    const answer = await createNodeRuntime().files.lockDirectory(${JSON.stringify(directory)}).then(() => 'held', (error) => error.code)
    console.log(answer)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, answer: chunk.toString().trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

test('one holder at a time, in this process too, until it is released', async () => {
  const lock = await files.lockDirectory(directory)
  await assert.rejects(files.lockDirectory(directory), { code: 'ELOCKED', message: `Directory ${directory} is in use by this process` })
  const { child, answer } = await locker()
  assert.equal(answer, 'ELOCKED')
  await kill(child)
  await lock.release()
  await lock.release()
  const again = await files.lockDirectory(directory)
  await again.release()
})

test('kill -9 of the holder lets the next one in at once', async () => {
  const { child, answer } = await locker()
  assert.equal(answer, 'held')
  await assert.rejects(files.lockDirectory(directory), {
    code: 'ELOCKED',
    message: `Directory ${directory} is in use by process ${child.pid}`,
  })
  await kill(child)
  const lock = await files.lockDirectory(directory)
  assert.equal(await readFile(join(directory, '.lock'), 'latin1'), `${process.pid}\n`)
  await lock.release()
})

test('without flock(1) the lock is as good', {
  skip: process.platform !== 'linux' && 'Linux only: elsewhere the file itself is locked',
}, async () => {
  const env = { ...process.env, PATH: join(directory, 'nothing-here') }
  const first = await locker(env)
  const second = await locker(env)
  assert.deepEqual([first.answer, second.answer], ['held', 'ELOCKED'])
  await kill(first.child)
  const third = await locker(env)
  assert.equal(third.answer, 'held')
  await kill(second.child)
  await kill(third.child)
})

test('a directory that is not there is said to be so', async () => {
  await assert.rejects(files.lockDirectory(join(directory, 'missing')), { code: 'ENOENT' })
})
