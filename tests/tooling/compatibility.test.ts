import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

test('docs/compatibility.md says what the broker does', () => {
  const script = join(fileURLToPath(import.meta.url), '..', '..', '..', '..', 'scripts', 'compatibility.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})
