/** Our idempotent producer whose records expire while requests are under way: what is given up may be there or not, all else is as ever. */

import assert from 'node:assert/strict'
import { runWithFaults } from '../proxy/faulty-run.ts'
import { assertClean } from './assert-clean.ts'
import { forgetfulClient, longSilences } from './fault-plans.ts'
import { historyOf } from './history-of.ts'
import { parseJournal } from './journal.ts'
import { readWithOdradek } from './read-back.ts'
import { SequencedProducer } from './sequenced-producer.ts'

const RECORDS = 3000
const TOPIC = 'expiring'

/** The topic `expiring` must be there. Throws AssertionError when a rule of the checker is broken, or no record expired, or none got through. */
export async function assertSoundWhileExpiring(bootstrapServers: string, partitions: number, print: (line: string) => void): Promise<void> {
  let journal = ''
  const write = (lines: string): void => {
    journal += lines
  }
  const numbers = { partitions, count: RECORDS, window: 500, perSecond: 1000 }
  const config = { ...forgetfulClient, 'batch.size': '300', 'linger.ms': '2' }
  const totals = await runWithFaults({ bootstrapServers, rules: longSilences, seed: 1, print }, (proxy) =>
    new SequencedProducer({ bootstrap: proxy.bootstrapServers, topic: TOPIC, client: 'forgetful', config, ...numbers }, write).run(),
  )
  const producers = [{ client: 'forgetful', entries: parseJournal(journal) }]
  const found = await readWithOdradek(bootstrapServers, TOPIC, partitions)
  const counts = assertClean('expiring records', historyOf('expiring records', [{ topic: TOPIC, producers, found }]))
  print(`${counts.acknowledged} acknowledged, ${totals.failed} given up, ${counts.read} there`)
  assert.ok(totals.failed > 0, 'no record expired')
  assert.ok(counts.acknowledged > RECORDS / 10, `${counts.acknowledged} acknowledged`)
}
