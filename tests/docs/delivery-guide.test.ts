/** docs/guide/delivery.md: its table says what becomes of consumers that are killed. Here at the points that tell the loops apart; all are tried with the interop tests. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { crashEverywhere, crashRow } from '../delivery/crash-table.ts'
import { rootDir } from '../interop/harness/paths.ts'

const telling: ReadonlySet<string> = new Set([
  'after the commit, before processing',
  'after processing, before the commit',
  'one of three processed, before the commit',
  'one of three processed, after the commit',
])

test('what a killed consumer loses and repeats is what the guide says', { timeout: 120_000 }, async () => {
  const guide = readFileSync(join(rootDir, 'docs', 'guide', 'delivery.md'), 'utf8')
  const results = await crashEverywhere((_pattern, point) => telling.has(point))
  assert.equal(results.length, 6)
  for (const result of results) assert.ok(guide.includes(`\n${crashRow(result)}\n`), `not in the guide: ${crashRow(result)}`)
  const unawaited = results.filter(({ pattern }) => pattern.includes('not awaited'))
  assert.ok(unawaited.some(({ lost }) => lost > 0) && unawaited.some(({ repeated }) => repeated > 0))
})
