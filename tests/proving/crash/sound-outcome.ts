/** What must hold after crashes: nothing acknowledged is lost, nothing is there twice, and each partition has its order. */

import assert from 'node:assert/strict'
import { parseJournal } from '../workload/journal.ts'
import type { ClientOutcome, CrashOutcome } from './crash-run.ts'

export interface Soundness {
  readonly acknowledged: number
  /** At each kill, how many records all clients together had under way. */
  readonly inFlight: readonly number[]
}

/** Throws AssertionError for the first client of which something does not hold. */
export function assertSound(outcome: CrashOutcome): Soundness {
  const entries = outcome.clients.flatMap(({ journals }) => [...journals.values()].flatMap((text) => parseJournal(text)))
  for (const client of outcome.clients) assertClientSound(client)
  const sent = entries.filter(({ kind }) => kind === 'sent').map(({ timeMs }) => timeMs)
  const settled = entries.filter(({ kind }) => kind !== 'sent').map(({ timeMs }) => timeMs)
  const before = (times: readonly number[], timeMs: number): number => times.filter((time) => time < timeMs).length
  return {
    acknowledged: entries.filter(({ kind }) => kind === 'ok').length,
    inFlight: outcome.killTimesMs.map((timeMs) => before(sent, timeMs) - before(settled, timeMs)),
  }
}

function assertClientSound({ kind, journals, found }: ClientOutcome): void {
  const entries = [...journals.values()].flatMap((text) => parseJournal(text))
  const sent = new Set(entries.filter((entry) => entry.kind === 'sent').map(({ name }) => name))
  const places = new Map<string, string>()
  const latest = new Map<string, number>()
  for (const { partition, offsets, names } of found) {
    for (const [index, name] of names.entries()) {
      assert.ok(sent.has(name), `${kind}: ${name} was never sent`)
      assert.ok(!places.has(name), `${kind}: ${name} is there twice`)
      places.set(name, `${partition}/${offsets[index]}`)
      const [client = '', number = ''] = name.split(':')
      const lane = `${client}/${partition}`
      assert.ok(Number(number) > (latest.get(lane) ?? -1), `${kind}: ${name} comes after ${latest.get(lane)}`)
      latest.set(lane, Number(number))
    }
  }
  const acknowledged = entries.filter((entry) => entry.kind === 'ok')
  const lost = acknowledged.filter(({ name, partition, offset }) =>
    offset === -1 ? !places.has(name) : places.get(name) !== `${partition}/${offset}`,
  )
  assert.deepEqual(
    lost.slice(0, 3),
    [],
    `${kind}: of ${acknowledged.length} acknowledged records, ${lost.length} are not where they should be`,
  )
}
