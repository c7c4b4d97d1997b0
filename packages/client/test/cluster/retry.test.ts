import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@odradek/runtime'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { retryUntil } from '../../src/cluster/retry.ts'
import { ConnectionError } from '../../src/index.ts'
import { FakeCluster } from '../support/fake-cluster.ts'

test('a deadline whose timer fires a little early is the end all the same', async () => {
  const { clock, runtime } = new FakeCluster()
  const early: Clock = {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    setTimer: (delayMs, fire) => clock.setTimer(delayMs - 0.5, fire),
    defer: (run) => clock.defer(run),
  }
  const cluster = {
    runtime: { ...runtime, clock: early },
    config: { retryBackoffMs: 100, retryBackoffMaxMs: 100 },
    nowMs: () => clock.monotonicMs(),
  } as Cluster
  let attempts = 0
  const retried = retryUntil(cluster, clock.monotonicMs() + 1000, 'The call', () =>
    attempts++ === 0 ? Promise.reject(new ConnectionError('refused')) : new Promise<void>(() => undefined),
  )
  const rejected = assert.rejects(retried, (error: Error & { cause: unknown }) => {
    assert.equal(error.message, 'The call took longer than 1000 ms: refused')
    assert.ok(error.cause instanceof ConnectionError)
    return true
  })
  await clock.advance(2000)
  await rejected
  assert.equal(attempts, 2)
})
