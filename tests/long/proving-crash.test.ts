// kill -9 of our broker, two hundred times, under load of our client, Apache Kafka's and librdkafka with acks=all.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKinds } from '../proving/crash/client-kind.ts'
import { describeCrashes, runCrashes } from '../proving/crash/crash-run.ts'

const KILLS = 200

test('nothing acknowledged is lost in two hundred crashes', { timeout: 1_800_000 }, async (t) => {
  const seed = Number(process.env['ODRADEK_SEED'] ?? 1)
  const outcome = await runCrashes({ clients: clientKinds, kills: KILLS, seed, perSecond: 2000 })
  t.diagnostic(describeCrashes(outcome))
  assert.equal(outcome.inFlight.length, KILLS)
  assert.ok(outcome.inFlight.filter((count) => count > 0).length > KILLS / 2, 'kills under load')
  assert.ok(outcome.killsWhileStarting > 0, 'kills while the broker started')
})
