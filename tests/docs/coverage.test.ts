/** docs/coverage.md is true as far as a program can tell: every test that it names exists, and each statement has one or says "not yet". */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { rootDir } from '../interop/harness/paths.ts'

const text = readFileSync(join(rootDir, 'docs', 'coverage.md'), 'utf8')

/** A path, or a path whose last part has one `*`. */
function exists(path: string): boolean {
  if (!path.includes('*')) return existsSync(join(rootDir, path))
  const [start = '', end = ''] = path.slice(dirname(path).length + 1).split('*')
  return readdirSync(join(rootDir, dirname(path))).some((name) => name.startsWith(start) && name.endsWith(end))
}

test('every test that is named exists', () => {
  const paths = [...text.matchAll(/`((?:packages|tests)\/[^`\s]+)`/g)].map((match) => match[1] ?? '')
  assert.ok(paths.length > 50)
  assert.deepEqual(
    paths.filter((path) => !exists(path)),
    [],
  )
})

test('a statement that stands names its test', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| Statement'))
  assert.ok(rows.length > 40)
  for (const row of rows) {
    const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim())
    assert.equal(cells.length, 6, row)
    if ((cells[2] ?? '').startsWith('yes')) assert.match(cells[3] ?? '', /`/, row)
  }
})
