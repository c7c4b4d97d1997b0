// package-lock.json names the native packages of every platform: without them `npm ci` refuses it everywhere.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

interface LockEntry {
  optionalDependencies?: Record<string, string>
  resolved?: string
  link?: boolean
}

test('the lock file is complete, and bound to no registry', async () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'package-lock.json')
  const { packages } = JSON.parse(await readFile(path, 'utf8')) as { packages: Record<string, LockEntry> }
  const names = Object.keys(packages)
  const missing = Object.values(packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !names.some((key) => key.endsWith(`node_modules/${name}`)))
  assert.deepEqual(missing, [], 'run: node scripts/complete-lock.mjs')
  const bound = Object.values(packages).filter((entry) => entry.resolved !== undefined && entry.link !== true)
  assert.deepEqual(bound, [])
})
