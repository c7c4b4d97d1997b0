import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulation } from '@odradek/runtime/sim'
import { ClientQuotas } from '../../src/metadata/client-quotas.ts'
import type { QuotaEntityPart } from '../../src/metadata/metadata-records.ts'
import { MetricsRegistry, metricName } from '../../src/metrics/registry.ts'
import { ClientQuota } from '../../src/quota/client-quota.ts'
import { findClientLimit, findIpLimit } from '../../src/quota/quota-limit.ts'

const key = 'producer_byte_rate'

function set(quotas: ClientQuotas, entity: Readonly<Record<string, string | null>>, value: number, quotaKey = key, remove = false): void {
  const parts = Object.entries(entity).map(([entityType, entityName]): QuotaEntityPart => ({ entityType, entityName }))
  quotas.apply({ type: 'client-quota', entity: parts, key: quotaKey, value, remove })
}

test('the most specific quota counts, in the order of Kafka', () => {
  // From the weakest to the strongest: each that is added takes over.
  const order: readonly (readonly [entity: Readonly<Record<string, string | null>>, counted: readonly [string, string]])[] = [
    [{ 'client-id': null }, ['', 'c']],
    [{ 'client-id': 'c' }, ['', 'c']],
    [{ user: null }, ['u', '']],
    [{ user: null, 'client-id': null }, ['u', 'c']],
    [{ user: null, 'client-id': 'c' }, ['u', 'c']],
    [{ user: 'u' }, ['u', '']],
    [{ user: 'u', 'client-id': null }, ['u', 'c']],
    [{ 'client-id': 'c', user: 'u' }, ['u', 'c']],
  ]
  const quotas = new ClientQuotas()
  assert.equal(findClientLimit(quotas, key, 'u', 'c'), undefined)
  for (const [index, [entity, [user, clientId]]] of order.entries()) {
    set(quotas, entity, 100 + index)
    set(quotas, entity, 1, 'consumer_byte_rate')
    assert.deepEqual(findClientLimit(quotas, key, 'u', 'c'), { limit: 100 + index, user, clientId })
  }
  for (const [index, [entity]] of [...order.entries()].reverse()) {
    assert.equal(findClientLimit(quotas, key, 'u', 'c')?.limit, 100 + index)
    set(quotas, entity, 0, key, true)
  }
  assert.equal(findClientLimit(quotas, key, 'u', 'c'), undefined)
})

test('an address has its own quota or the default', () => {
  const quotas = new ClientQuotas()
  set(quotas, { ip: null }, 5, 'connection_creation_rate')
  set(quotas, { ip: '10.0.0.1' }, 7, 'connection_creation_rate')
  assert.equal(findIpLimit(quotas, 'connection_creation_rate', '10.0.0.1'), 7)
  assert.equal(findIpLimit(quotas, 'connection_creation_rate', '10.0.0.2'), 5)
})

test('clients under one user share its quota; a change holds at once; the metrics have the names of Kafka', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    await simulation.sleep(1000)
    const quotas = new ClientQuotas()
    const metrics = new MetricsRegistry()
    const { clock } = simulation.runtime('broker')
    const quota = new ClientQuota({ quotas, key, metricType: 'Produce', window: { samples: 11, sampleMs: 1000 }, clock, metrics })
    assert.equal(quota.record('u', 'a', 1e9), 0, 'no quota')
    assert.equal(quota.maxInWindow('u', 'a'), Number.POSITIVE_INFINITY)
    set(quotas, { user: 'u' }, 1000)
    assert.equal(quota.maxInWindow('u', 'a'), 10_000)
    assert.equal(quota.record('u', 'a', 6000), 0)
    assert.equal(quota.record('v', 'a', 60_000), 0, 'another user')
    assert.equal(quota.record('u', 'b', 6000), 2000)
    quota.throttled('u', 'b', 2000)
    const value = (name: string): number | undefined =>
      metrics.value(metricName('kafka.server', 'Produce', name, { user: 'u', 'client-id': '' }))
    assert.deepEqual([value('byte-rate'), value('throttle-time')], [1200, 2000])
    set(quotas, { user: 'u' }, 1200)
    assert.equal(quota.record('u', 'a', 0), 0)
    set(quotas, { user: 'u' }, 0, key, true)
    assert.equal(quota.record('u', 'a', 1e9), 0)
  })
})
