/** Holds a history to the checker's rules; a history that breaks one can be kept for `odradek verify`. */

import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkHistory, encodeEvent, type HistoryEvent, type Verdict } from '@odradek/history'

/** Where the histories of failures go; nowhere when it is not set. */
const directory = process.env['ODRADEK_HISTORY_DIR']

/** Throws AssertionError with the first violations. */
export function assertClean(name: string, events: readonly HistoryEvent[]): Verdict['counts'] {
  const { violations, omitted, counts } = checkHistory(events)
  if (violations.length > 0) keepHistory(name, events)
  const told = violations.slice(0, 10).map(({ rule, message }) => `${rule}: ${message}`)
  assert.deepEqual(told, [], `${name}: ${violations.length + omitted} violations`)
  return counts
}

/** Of a run that has failed in another way, such as by going no further. */
export function keepHistory(name: string, events: readonly HistoryEvent[]): void {
  if (directory === undefined) return
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `${name.replaceAll(/\W+/g, '-')}.ndjson`)
  writeFileSync(path, '')
  for (let at = 0; at < events.length; at += 10_000)
    appendFileSync(
      path,
      events
        .slice(at, at + 10_000)
        .map(encodeEvent)
        .join(''),
    )
}
