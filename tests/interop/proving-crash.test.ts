// kill -9 of our broker, fifteen times, under load of our client, Apache Kafka's and librdkafka at once; and of the clients.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKinds } from '../proving/crash/client-kind.ts'
import { runCrashes } from '../proving/crash/crash-run.ts'
import { assertSound } from '../proving/crash/sound-outcome.ts'

test('what was acknowledged survives fifteen crashes of the broker, once and in order', { timeout: 240_000 }, async (t) => {
  const outcome = await runCrashes({ clients: clientKinds, kills: 15, seed: 1 })
  const { acknowledged, inFlight } = assertSound(outcome)
  t.diagnostic(`${acknowledged} acknowledged; in flight at the kills ${inFlight.join(', ')}`)
  t.diagnostic(`${outcome.killsWhileStarting} kills while starting; started again in ${outcome.startTimesMs.join(', ')} ms`)
  assert.ok(inFlight.filter((count) => count > 0).length > 10, 'kills under load')
})
