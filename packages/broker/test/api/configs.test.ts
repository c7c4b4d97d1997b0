import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterConfigs, describeConfigs, ErrorCodes, incrementalAlterConfigs, listConfigResources } from '@odradek/protocol'
import { batchOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { one, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const [topic, broker] = [2, 4]
const [set, remove, append, subtract] = [0, 1, 2, 3]

async function alter(
  client: WireClient,
  type: number,
  name: string,
  key: string,
  operation: number,
  value: string | null,
): Promise<number> {
  const configs = [{ name: key, configOperation: operation, value }]
  const resources = [{ resourceType: type, resourceName: name, configs }]
  return one((await client.request(incrementalAlterConfigs, 1, { resources, validateOnly: false })).responses).errorCode
}

async function describe(client: WireClient, type: number, name: string, key: string): Promise<{ value: string | null; source: number }> {
  const resources = [{ resourceType: type, resourceName: name, configurationKeys: [key] }]
  const { configs } = one(
    (await client.request(describeConfigs, 4, { resources, includeSynonyms: true, includeDocumentation: true })).results,
  )
  const { value, configSource, documentation } = one(configs)
  assert.ok((documentation ?? '').length > 10)
  return { value, source: configSource }
}

test('settings of a topic: set, appended to, taken back, replaced, and in effect at once', async () => {
  await withBroker({ topics: { orders: {} }, config: { 'message.max.bytes': '5000' } }, async ({ client }) => {
    assert.deepEqual(await describe(client, topic, 'orders', 'max.message.bytes'), { value: '5000', source: 4 })
    assert.equal((await send(client, 'orders', batchOf(['x'.repeat(1000)]))).errorCode, ErrorCodes.NONE)
    assert.equal(await alter(client, topic, 'orders', 'max.message.bytes', set, '500'), ErrorCodes.NONE)
    assert.equal((await send(client, 'orders', batchOf(['x'.repeat(1000)]))).errorCode, ErrorCodes.MESSAGE_TOO_LARGE)
    assert.deepEqual(await describe(client, topic, 'orders', 'max.message.bytes'), { value: '500', source: 1 })
    assert.equal(await alter(client, topic, 'orders', 'max.message.bytes', remove, null), ErrorCodes.NONE)
    assert.equal((await send(client, 'orders', batchOf(['x'.repeat(1000)]))).errorCode, ErrorCodes.NONE)
    assert.equal(await alter(client, topic, 'orders', 'cleanup.policy', append, 'compact'), ErrorCodes.NONE)
    assert.equal((await describe(client, topic, 'orders', 'cleanup.policy')).value, 'delete,compact')
    assert.equal(await alter(client, topic, 'orders', 'cleanup.policy', subtract, 'delete'), ErrorCodes.NONE)
    assert.equal((await describe(client, topic, 'orders', 'cleanup.policy')).value, 'compact')
    const resources = [{ resourceType: topic, resourceName: 'orders', configs: [{ name: 'retention.ms', value: '77' }] }]
    assert.equal(one((await client.request(alterConfigs, 2, { resources, validateOnly: false })).responses).errorCode, ErrorCodes.NONE)
    assert.deepEqual(await describe(client, topic, 'orders', 'retention.ms'), { value: '77', source: 1 })
    assert.deepEqual(await describe(client, topic, 'orders', 'cleanup.policy'), { value: 'delete', source: 5 })
  })
})

test("what is refused, with Kafka's error codes", async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, broker: running }) => {
    assert.equal(await alter(client, topic, 'orders', 'retention.mss', set, '1'), ErrorCodes.INVALID_CONFIG)
    assert.equal(await alter(client, topic, 'orders', 'retention.ms', set, 'x'), ErrorCodes.INVALID_CONFIG)
    assert.equal(await alter(client, topic, 'orders', 'retention.ms', append, '1'), ErrorCodes.INVALID_CONFIG)
    assert.equal(await alter(client, topic, 'orders', 'retention.ms', set, null), ErrorCodes.INVALID_REQUEST)
    assert.equal(await alter(client, topic, 'orders', 'retention.ms', 9, '1'), ErrorCodes.INVALID_REQUEST)
    assert.equal(await alter(client, topic, 'no-such-topic', 'retention.ms', set, '1'), ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal(await alter(client, broker, String(running.nodeId), 'num.partitions', set, '3'), ErrorCodes.INVALID_REQUEST)
    assert.equal(await alter(client, broker, '99', 'log.retention.ms', set, '3'), ErrorCodes.INVALID_REQUEST)
    assert.equal(await alter(client, 8, '1', 'x', set, 'DEBUG'), ErrorCodes.INVALID_REQUEST)
    const unknown = one(
      (await client.request(describeConfigs, 4, { resources: [{ resourceType: topic, resourceName: 'nope', configurationKeys: null }] }))
        .results,
    )
    assert.equal(unknown.errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  })
})

test('settings of the broker reach its topics, for one broker over those for all, and outlive it', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, broker: running }) => {
    const id = String(running.nodeId)
    assert.equal(await alter(client, broker, '', 'message.max.bytes', set, '500'), ErrorCodes.NONE)
    assert.deepEqual(await describe(client, broker, id, 'message.max.bytes'), { value: '500', source: 3 })
    assert.deepEqual(await describe(client, broker, '', 'message.max.bytes'), { value: '500', source: 3 })
    assert.deepEqual(await describe(client, topic, 'orders', 'max.message.bytes'), { value: '500', source: 3 })
    assert.equal((await send(client, 'orders', batchOf(['x'.repeat(1000)]))).errorCode, ErrorCodes.MESSAGE_TOO_LARGE)
    assert.equal(await alter(client, broker, id, 'message.max.bytes', set, '5000'), ErrorCodes.NONE)
    assert.deepEqual(await describe(client, broker, id, 'message.max.bytes'), { value: '5000', source: 2 })
    assert.equal((await send(client, 'orders', batchOf(['x'.repeat(1000)]))).errorCode, ErrorCodes.NONE)
  })
})

test('validating changes nothing', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const configs = [{ name: 'retention.ms', configOperation: set, value: '5' }]
    const resources = [{ resourceType: topic, resourceName: 'orders', configs }]
    assert.equal(
      one((await client.request(incrementalAlterConfigs, 1, { resources, validateOnly: true })).responses).errorCode,
      ErrorCodes.NONE,
    )
    assert.equal((await describe(client, topic, 'orders', 'retention.ms')).value, '604800000')
  })
})

test('resources that have settings', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, broker: running }) => {
    const { configResources } = await client.request(listConfigResources, 1, { resourceTypes: [] })
    assert.deepEqual(configResources, [
      { resourceName: 'orders', resourceType: topic },
      { resourceName: String(running.nodeId), resourceType: broker },
    ])
    assert.deepEqual((await client.request(listConfigResources, 0, {})).configResources, [])
    assert.equal((await client.request(listConfigResources, 1, { resourceTypes: [77] })).errorCode, ErrorCodes.UNSUPPORTED_VERSION)
  })
})
