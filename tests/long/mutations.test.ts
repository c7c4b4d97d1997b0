/** No mutation survives. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

test('every fault that the mutations plant is noticed by the tests that should', () => {
  const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'mutate.mjs')
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] })
  assert.equal(status, 0)
})
