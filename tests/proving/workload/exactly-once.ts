/** What an idempotent producer of numbered records promises, of one that has finished: each is there once, in order, where it was said to be. */

import assert from 'node:assert/strict'
import { assertClean } from './assert-clean.ts'
import { historyOf, type Trouble } from './history-of.ts'
import { parseJournal } from './journal.ts'
import type { FoundPartition } from './read-back.ts'

/** Throws AssertionError. Names of records begin with their client's, up to a colon. */
export function assertExactlyOnce(
  journal: string,
  found: readonly FoundPartition[],
  count: number,
  troubles: readonly Trouble[] = [],
): void {
  const entries = parseJournal(journal)
  const failures = entries.filter(({ kind }) => kind === 'failed')
  assert.deepEqual(failures.slice(0, 3), [], `${failures.length} records failed`)
  const clientOf = (name: string): string => name.slice(0, name.indexOf(':'))
  const clients = new Set(entries.map(({ name }) => clientOf(name)))
  const producers = [...clients].map((client) => ({ client, entries: entries.filter(({ name }) => clientOf(name) === client) }))
  const { sent, acknowledged, read } = assertClean(
    'exactly once',
    historyOf('exactly once', [{ topic: 'sequenced', producers, found }], troubles),
  )
  assert.deepEqual({ sent, acknowledged, read }, { sent: count, acknowledged: count, read: count })
}
