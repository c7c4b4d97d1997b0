// The lock of scripts/setup.mjs: one at a time, and a crash leaves none behind.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const lockModule = pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'scripts', 'lib', 'lock.mjs')).href

// Reads, waits and writes: without the lock, increments get lost.
const increment = `
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from '${lockModule}'
const [dir, outcome] = process.argv.slice(1)
await withLock(dir + '/lock', () => undefined, async () => {
  const count = Number(readFileSync(dir + '/count', 'utf8'))
  await sleep(60)
  if (outcome === 'exit') process.exit(3)
  if (outcome === 'crash') process.kill(process.pid, 'SIGKILL')
  writeFileSync(dir + '/count', String(count + 1))
})`

async function run(dir: string, outcome: string): Promise<number | null> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', increment, dir, outcome], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}

test('several setups at once take turns, whatever becomes of the others', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-lock-'))
  try {
    await writeFile(join(dir, 'count'), '0')
    assert.equal(await run(dir, 'crash'), null)
    assert.ok(existsSync(join(dir, 'lock')), 'a crash leaves its lock, and nobody minds')
    const codes = await Promise.all(['work', 'exit', 'work', 'crash', 'work', 'work'].map((outcome) => run(dir, outcome)))
    assert.deepEqual(codes, [0, 3, 0, null, 0, 0])
    assert.equal(await readFile(join(dir, 'count'), 'utf8'), '4')
  } finally {
    await rm(dir, { recursive: true })
  }
})
