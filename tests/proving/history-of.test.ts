// Journals and what was found afterwards, made into a history: what is wrong with them is found, and what is right is not.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkHistory } from '@odradek/history'
import { assertClean } from './workload/assert-clean.ts'
import { assertExactlyOnce } from './workload/exactly-once.ts'
import { historyOf, type ProducerLife, type Trouble } from './workload/history-of.ts'
import { inFlightAt, type JournalEntry, parseJournal } from './workload/journal.ts'

const journal = `1.000 sent p:0 0
1.000 sent p:1 1
1.000 sent p:2 0
1.500 sent p:3 1
2.250 ok p:0 0 0
2.250 ok p:1 1 0
3.000 ok p:2 0 1
3.000 ok p:3 1 1
4.0`

/** Names by partition, at the offsets 0, 1, 2 … */
type Log = readonly (readonly string[])[]

const whole: Log = [
  ['p:0', 'p:2'],
  ['p:1', 'p:3'],
]

function foundIn(log: Log) {
  return log.map((names, partition) => ({ partition, offsets: names.map((_, offset) => offset), names: [...names] }))
}

function rulesBroken(log: Log, life: Partial<ProducerLife> = {}, troubles: readonly Trouble[] = []): string[] {
  const producer = { client: 'p', entries: parseJournal(journal), ...life }
  const { violations } = checkHistory(historyOf('by hand', [{ topic: 't', producers: [producer], found: foundIn(log) }], troubles))
  return [...new Set(violations.map(({ rule }) => rule))]
}

describe('a history of journals', () => {
  it('is clean when all is where it was said to be', () => {
    assert.deepEqual(rulesBroken(whole), [])
    assertExactlyOnce(journal, foundIn(whole), 4)
  })

  const wrongs: readonly { what: string; log: Log; rule: string }[] = [
    { what: 'a lost record', log: [['p:0'], ['p:1', 'p:3']], rule: 'lost-write' },
    { what: 'a record that is there twice', log: [['p:0', 'p:2', 'p:0'], whole[1] ?? []], rule: 'duplicate' },
    { what: 'another record in its place', log: [['p:2', 'p:0'], whole[1] ?? []], rule: 'offset-conflict' },
    { what: 'a record that nobody sent', log: [['p:0', 'p:2', 'q:7'], whole[1] ?? []], rule: 'phantom-read' },
  ]
  for (const { what, log, rule } of wrongs) {
    it(`shows ${what}`, () => {
      assert.ok(rulesBroken(log).includes(rule), `${rulesBroken(log).join()} without ${rule}`)
      assert.throws(() => assertExactlyOnce(journal, foundIn(log), 4), assert.AssertionError)
    })
  }

  it('shows records out of order, acknowledged or not', () => {
    const entries = parseJournal(journal).filter(({ kind }) => kind === 'sent')
    assert.deepEqual(rulesBroken([['p:2', 'p:0'], []], { entries, killedAtMs: 5 }), ['reordering'])
  })

  it('does not mind what a killed client never heard of, there or not', () => {
    const entries = parseJournal(journal).filter(({ kind, name }) => kind === 'sent' || name === 'p:0')
    for (const log of [whole, [['p:0'], ['p:1']]]) assert.deepEqual(rulesBroken(log, { entries, killedAtMs: 5 }), [])
  })

  it('shows a producer that does not get on, but not while the broker is down', () => {
    const late: JournalEntry[] = parseJournal(journal).map((entry) => ({ ...entry, timeMs: entry.kind === 'ok' ? 90_000 : entry.timeMs }))
    const down = (phase: 'start' | 'end', timeMs: number): Trouble => ({ timeMs, fault: 'broker down', phase })
    assert.deepEqual(rulesBroken(whole, { entries: late }), ['stuck-producer'])
    assert.deepEqual(rulesBroken(whole, { entries: late }, [down('start', 2), down('end', 89_000)]), [])
  })

  it('is told with its first violations', () => {
    const events = historyOf('by hand', [
      { topic: 't', producers: [{ client: 'p', entries: parseJournal(journal) }], found: foundIn([[], []]) },
    ])
    assert.throws(() => assertClean('nothing there', events), /nothing there: 4 violations[\s\S]*lost-write/)
  })
})

it('a journal says how much was under way', () => {
  assert.deepEqual(inFlightAt(parseJournal(journal), [0, 1.2, 2, 2.5, 9]), [0, 3, 4, 2, 0])
  assert.throws(() => parseJournal('1 lost p:0 0\n'), /no line of a journal/)
})
