/** Our idempotent producer whose records expire while requests are under way: what is given up may be there or not, all else is as ever. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { runWithFaults } from '../proxy/faulty-run.ts'
import { assertClean } from './assert-clean.ts'
import { forgetfulClient, longSilences } from './fault-plans.ts'
import { historyOf } from './history-of.ts'
import { parseJournal } from './journal.ts'
import { readWithOdradek } from './read-back.ts'
import { SequencedProducer } from './sequenced-producer.ts'

/** At least; on a busy machine they make fewer requests, and go on until every fault has struck. */
const RECORDS = 3000
const MOST_RECORDS = 20_000
const TOPIC = 'expiring'

/** The topic `expiring` must be there. Throws AssertionError when a rule of the checker is broken, or no record expired, or none got through. */
export async function assertSoundWhileExpiring(bootstrapServers: string, partitions: number, print: (line: string) => void): Promise<void> {
  let journal = ''
  const write = (lines: string): void => {
    journal += lines
  }
  const numbers = { partitions, count: 0, window: 500, perSecond: 1000 }
  const config = { ...forgetfulClient, 'batch.size': '300', 'linger.ms': '2' }
  const totals = await runWithFaults({ bootstrapServers, rules: longSilences, seed: 1, print }, async (proxy) => {
    const options = { bootstrap: proxy.bootstrapServers, topic: TOPIC, client: 'forgetful', config, ...numbers }
    const producer = new SequencedProducer(options, write)
    const settled = producer.run()
    const isEnough = (): boolean => proxy.counts().every(({ fired }) => fired > 0) && producer.totals.sent >= RECORDS
    while (!isEnough() && producer.totals.sent < MOST_RECORDS) await Promise.race([sleep(20), settled])
    producer.stop()
    return await settled
  })
  const producers = [{ client: 'forgetful', entries: parseJournal(journal) }]
  const found = await readWithOdradek(bootstrapServers, TOPIC, partitions)
  const counts = assertClean('expiring records', historyOf('expiring records', [{ topic: TOPIC, producers, found }]))
  print(`${counts.acknowledged} acknowledged, ${totals.failed} given up, ${counts.read} there`)
  assert.ok(totals.failed > 0, 'no record expired')
  assert.ok(counts.acknowledged > RECORDS / 10, `${counts.acknowledged} acknowledged`)
}
