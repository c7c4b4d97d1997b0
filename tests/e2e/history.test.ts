/** What our clients did and saw on our broker, which is killed in between, judged by the history checker. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HistoryEvent } from '@odradek/history'
import { startBrokerProcess } from '../interop/harness/broker-process.ts'
import { judge, Recording } from '../recorded/recording.ts'
import { runWorkload } from '../recorded/workload.ts'

test('producers and a group whose members come and go, over a kill -9 of the broker', { timeout: 60_000 }, async (t) => {
  await using broker = await startBrokerProcess({ args: ['--set', 'group.initial.rebalance.delay.ms=0'] })
  const recording = new Recording({ source: 'our client, our broker' })
  const mishap = async (): Promise<void> => {
    const restarted = recording.recorder.fault('kill', 'broker')
    await broker.kill()
    await broker.restart()
    restarted()
  }
  await runWorkload(recording, { bootstrapServers: broker.bootstrapServers, mishap })
  const { counts } = recording.assertClean()
  assert.ok(counts.sent > 200)
  assert.equal(counts.acknowledged, counts.sent)
  assert.ok(counts.read >= 2 * counts.acknowledged, 'the group and the auditor have read everything')
  assert.ok(counts.commits > 0 && counts.rebalances >= 5)
  assert.equal(counts.faults, 1)
  // The same run, had some records never come to anybody; one alone might be of the producer that does not wait for all replicas.
  const poorer = withoutOffsets(recording.text, 10, 40)
  assert.notEqual(poorer, recording.text)
  const rules = judge(poorer).violations.map(({ rule }) => rule)
  assert.ok(rules.includes('lost-write'), rules.join(', '))
  t.diagnostic(JSON.stringify(counts))
})

/** No poll returns what is at the offsets from `first` to before `end` of any partition. */
function withoutOffsets(text: string, first: number, end: number): string {
  const isKept = (offset: number | undefined): boolean => offset === undefined || offset < first || offset >= end
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const event = JSON.parse(line) as HistoryEvent
      if (event.type !== 'ok' || event.op !== 'poll') return line
      const fetched = event.fetched.map(({ offsets, values, ...place }) => ({
        ...place,
        offsets: offsets.filter(isKept),
        values: values.filter((_, index) => isKept(offsets[index])),
      }))
      return JSON.stringify({ ...event, fetched })
    })
  return `${lines.join('\n')}\n`
}
