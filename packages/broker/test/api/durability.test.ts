/** What an acknowledgement waits for: flush.messages as group commit, flush.ms, and a disk that fails to sync. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { ErrorCodes, incrementalAlterConfigs } from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { withDirectory } from '../support/directory.ts'
import { runtimeWithFaults } from '../support/file-faults.ts'
import { fetchFrom, one, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const isLogOf = (topic: string, path: string): boolean => path.includes(`/${topic}-0/`) && path.endsWith('.log')

async function configure(client: WireClient, topic: string, name: string, value: string): Promise<void> {
  const resource = { resourceType: 2, resourceName: topic, configs: [{ name, configOperation: 0, value }] }
  const { responses } = await client.request(incrementalAlterConfigs, 1, { resources: [resource], validateOnly: false })
  assert.equal(one(responses).errorCode, 0)
}

test('flush.messages=1: those that wait while the disk syncs share the next sync', async () => {
  let syncs = 0
  let openGate = (): void => {}
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  const beforeSync = async (path: string): Promise<void> => {
    if (!isLogOf('orders', path)) return
    syncs++
    await gate
  }
  const topics = { orders: { configs: { 'flush.messages': '1' } } }
  await withBroker({ topics, runtime: runtimeWithFaults({ beforeSync }) }, async ({ broker, client, connect }) => {
    const first = send(client, 'orders', batchOf(['first']))
    while (syncs === 0) await setTimeout(1)
    const others = await Promise.all(Array.from({ length: 64 }, () => connect()))
    let answered = 0
    const sent = others.map((other) => send(other, 'orders', batchOf(['x'])).then(() => answered++))
    while ((broker.metrics.value('kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=orders') ?? 0) < 65) await setTimeout(1)
    assert.deepEqual([answered, syncs], [0, 1])
    openGate()
    await Promise.all([first, ...sent])
    assert.equal(syncs, 2, 'for 65 requests')
  })
})

// A minute later all logs are synced anyway.
test('flush.messages and flush.ms hold at once when they are changed', { timeout: 20_000 }, async () => {
  let begun = 0
  let syncs = 0
  const beforeSync = (path: string): void => {
    if (isLogOf('orders', path)) begun++
  }
  const afterSync = (path: string): void => {
    if (isLogOf('orders', path)) syncs++
  }
  await withBroker({ topics: { orders: {} }, runtime: runtimeWithFaults({ beforeSync, afterSync }) }, async ({ client }) => {
    await configure(client, 'orders', 'flush.ms', '3600000')
    await send(client, 'orders', batchOf(['a']))
    assert.equal(syncs, 0)
    await configure(client, 'orders', 'flush.ms', '1')
    while (syncs === 0) await setTimeout(1)
    await configure(client, 'orders', 'flush.ms', '3600000')
    // Until a sync is over, what it covers counts as not synced, and another may have begun.
    while (begun > syncs) await setTimeout(1)
    await configure(client, 'orders', 'flush.messages', '2')
    const before = syncs
    await send(client, 'orders', batchOf(['b']))
    assert.equal(syncs, before)
    await send(client, 'orders', batchOf(['c']))
    assert.equal(syncs, before + 1)
  })
})

test('a sync that fails takes the log offline: nothing is acknowledged on top of it, other logs go on, a restart recovers', async () => {
  await withDirectory(async (dataDir) => {
    let isBroken = false
    const beforeSync = (path: string): void => {
      if (isBroken && isLogOf('orders', path)) throw new Error('the disk is broken')
    }
    const topics = { orders: { configs: { 'flush.messages': '1' } }, other: {} }
    await withBroker({ topics, dataDir, runtime: runtimeWithFaults({ beforeSync }) }, async ({ client }) => {
      assert.equal((await send(client, 'orders', batchOf(['kept']))).errorCode, 0)
      isBroken = true
      assert.equal((await send(client, 'orders', batchOf(['unknown']))).errorCode, ErrorCodes.KAFKA_STORAGE_ERROR)
      isBroken = false
      // What the kernel did with the pages is not known: a later sync that succeeds proves nothing.
      assert.equal((await send(client, 'orders', batchOf(['refused']))).errorCode, ErrorCodes.KAFKA_STORAGE_ERROR)
      assert.equal((await fetchFrom(client, 'orders', 0)).errorCode, ErrorCodes.KAFKA_STORAGE_ERROR)
      assert.equal((await send(client, 'other', batchOf(['fine']))).errorCode, 0)
    })
    await withBroker({ dataDir }, async ({ client }) => {
      const values = valuesOf((await fetchFrom(client, 'orders', 0)).records)
      assert.equal(values[0], 'kept')
      assert.ok(!values.includes('refused'))
      assert.equal((await send(client, 'orders', batchOf(['again']))).errorCode, 0)
    })
  })
})
