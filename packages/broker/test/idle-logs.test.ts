import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import { batchOf } from './support/batches.ts'
import { withBroker } from './support/broker.ts'
import { send } from './support/requests.ts'

/** The half minute that the broker gives whoever has just started passes at once. */
function impatientRuntime(): Runtime {
  const runtime = createNodeRuntime()
  const { clock } = runtime
  return {
    ...runtime,
    clock: {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      defer: (run) => clock.defer(run),
      setTimer: (delayMs, fire, background) => clock.setTimer(delayMs === 30_000 ? 1 : delayMs, fire, background),
    },
  }
}

async function segments(dataDir: string): Promise<string[]> {
  return (await readdir(join(dataDir, 'old-0'))).filter((name) => name.endsWith('.log'))
}

test('retention reaches a topic that nobody has used since the start', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odradek-idle-'))
  const config = { 'log.retention.check.interval.ms': '20' }
  try {
    const configs = { 'segment.bytes': '1048576', 'retention.ms': '-1' }
    await withBroker({ dataDir, topics: { old: { configs } } }, async ({ client }) => {
      for (let count = 0; count < 3; count++) await send(client, 'old', batchOf(['x'.repeat(900_000)]))
    })
    assert.equal((await segments(dataDir)).length, 3)
    await withBroker({ dataDir, config: { ...config, 'log.retention.bytes': '1000000' }, runtime: impatientRuntime() }, async () => {
      for (let wait = 0; wait < 200 && (await segments(dataDir)).length > 2; wait++) await setTimeout(20)
      assert.equal((await segments(dataDir)).length, 2)
    })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
