// Records that expire while their requests are under way: the producer goes on with a sequence that the broker takes.

import { test } from 'node:test'
import { startBroker } from '@odradek/broker'
import { assertSoundWhileExpiring } from './workload/expiring-run.ts'

test('records that are given up cost nobody else their order or their place', { timeout: 60_000 }, async (t) => {
  await using broker = await startBroker({ topics: { expiring: { partitions: 6 } } })
  await assertSoundWhileExpiring(broker.bootstrapServers, 6, (line) => t.diagnostic(line))
})
