// The counting that the last line of a test run rests on.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const reporter = join(import.meta.dirname, '..', '..', '..', 'scripts', 'lib', 'summary-reporter.mjs')

const files = {
  'mixed.test.mjs': `
    import test, { before, describe, it } from 'node:test'
    test('passes', () => {})
    test('parent', async (t) => { await t.test('fails', () => { throw new Error('no') }); await t.test('passes too', () => {}) })
    describe('suite', () => { it('passes as well', () => {}); it.skip('skipped', () => {}) })
    describe('broken suite', () => { before(() => { throw new Error('no') }); it('never runs', () => {}) })`,
  'throws.test.mjs': `throw new Error('at load')`,
  'empty.test.mjs': ``,
}

test('tests are counted, suites are not; a file that does not load is a failure', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'odradek-reporter-'))
  try {
    for (const [name, source] of Object.entries(files)) await writeFile(join(dir, name), source)
    const env = { ...process.env }
    // Its presence makes node believe that it is a test file of this run.
    delete env['NODE_TEST_CONTEXT']
    const args = ['--test', `--test-reporter=${reporter}`, ...Object.keys(files).map((name) => join(dir, name))]
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] })
    const closed = once(child, 'close') as Promise<[number | null]>
    const stdout = await text(child.stdout)
    const [code] = await closed
    const summary = JSON.parse(stdout) as { passed: number; failed: number; skipped: number; failures: { name: string; reason: string }[] }
    assert.notEqual(code, 0)
    assert.equal(summary.passed, 3)
    assert.equal(summary.skipped, 1)
    assert.deepEqual(
      summary.failures.map(({ name }) => name).sort(),
      [join(dir, 'throws.test.mjs'), 'broken suite', 'fails', 'never runs'].sort(),
    )
    assert.equal(summary.failed, 4)
    assert.match(summary.failures.find(({ name }) => name === 'fails')?.reason ?? '', /^Error: no\n +at /)
  } finally {
    await rm(dir, { recursive: true })
  }
})
