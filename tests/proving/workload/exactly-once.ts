/** What an idempotent producer of numbered records promises, of one that has finished. */

import assert from 'node:assert/strict'
import { parseJournal } from './journal.ts'
import type { FoundPartition } from './read-back.ts'

/** Every record was acknowledged, and each partition holds its own once and in order, where the acknowledgements say. */
export function assertExactlyOnce(journal: string, found: readonly FoundPartition[], count: number): void {
  const entries = parseJournal(journal)
  const failures = entries.filter(({ kind }) => kind === 'failed')
  assert.deepEqual(failures.slice(0, 3), [], `${failures.length} records failed`)
  const sent = entries.filter(({ kind }) => kind === 'sent')
  assert.equal(sent.length, count)
  const acknowledged = new Map(entries.filter(({ kind }) => kind === 'ok').map((entry) => [entry.name, entry]))
  assert.equal(acknowledged.size, count)
  for (const { partition, offsets, names } of found) {
    const expected = sent.filter((entry) => entry.partition === partition).map(({ name }) => name)
    assert.deepEqual(names, expected, `partition ${partition}`)
    for (const [index, name] of names.entries()) {
      const offset = acknowledged.get(name)?.offset
      // −1: a duplicate that the broker had already forgotten.
      if (offset !== -1) assert.equal(offset, offsets[index], name)
    }
  }
}
