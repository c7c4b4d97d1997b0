// kill -9 of our broker under load of our client, Apache Kafka's and librdkafka at once, with a great deal under way, and of the clients.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKinds } from '../proving/crash/client-kind.ts'
import { describeCrashes, runCrashes } from '../proving/crash/crash-run.ts'

test('what was acknowledged survives fifteen crashes of the broker, once and in order', { timeout: 240_000 }, async (t) => {
  const outcome = await runCrashes({ clients: clientKinds, kills: 15, seed: 1 })
  t.diagnostic(describeCrashes(outcome))
  assert.equal(outcome.inFlight.length, 15)
  assert.ok(outcome.inFlight.filter((count) => count > 0).length > 10, 'kills under load')
})

test('… and crashes of broker and clients together', { timeout: 240_000 }, async (t) => {
  const outcome = await runCrashes({ clients: clientKinds, kills: 6, clientKills: 1, restartKills: 0, seed: 2 })
  t.diagnostic(describeCrashes(outcome))
  assert.equal(outcome.clientKills, 6)
})

test('twenty kills, each with a thousand records in flight or more: what was acknowledged is there, once and as sent', {
  timeout: 240_000,
}, async (t) => {
  const outcome = await runCrashes({ clients: ['odradek'], kills: 24, restartKills: 0, seed: 3, window: 10_000, perSecond: 0 })
  t.diagnostic(describeCrashes(outcome))
  // Now and then one falls into the moment when all has just been answered.
  assert.ok(outcome.inFlight.filter((count) => count >= 1000).length >= 20, `in flight at the kills: ${outcome.inFlight.join(', ')}`)
})
