// docs/guide/delivery.md: consumers killed at every point of every loop lose and repeat what its table says. node tests/dist/delivery/write-guide.js writes it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crashEverywhere, crashTable } from '../delivery/crash-table.ts'
import { rootDir } from './harness/paths.ts'

test('the table of the delivery guide is what comes of killing consumers', { timeout: 300_000 }, async () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'delivery.md'), 'utf8')
  const table = crashTable(await crashEverywhere())
  assert.ok(guide.includes(table), `tried just now:\n${table}`)
})
