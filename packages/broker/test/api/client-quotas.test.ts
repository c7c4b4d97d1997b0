import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlterClientQuotasRequestInput, DescribeClientQuotasRequestInput } from '@odradek/protocol'
import {
  alterClientQuotas,
  apiVersions,
  decodeResponseHeader,
  describeClientQuotas,
  ErrorCodes,
  fetch,
  produce,
  Reader,
} from '@odradek/protocol'
import { batchOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { withDirectory } from '../support/directory.ts'
import { fetchFrom, fetchRequest, one, produceRequest, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

type Entity = Readonly<Record<string, string | null>>
type Values = Readonly<Record<string, number | null>>

/** A value of null takes the quota back. Returns the error code and message. */
async function alter(client: WireClient, entity: Entity, values: Values, validateOnly = false): Promise<readonly [number, string | null]> {
  const entry: AlterClientQuotasRequestInput['entries'][number] = {
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }
  const { errorCode, errorMessage } = one((await client.request(alterClientQuotas, 1, { entries: [entry], validateOnly })).entries)
  return [errorCode, errorMessage]
}

async function describe(client: WireClient, components: DescribeClientQuotasRequestInput['components'], strict = false): Promise<unknown> {
  const { errorCode, entries } = await client.request(describeClientQuotas, 1, { components, strict })
  if (errorCode !== 0) return errorCode
  return entries?.map(({ entity, values }) => [
    Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    Object.fromEntries(values.map(({ key, value }) => [key, value])),
  ])
}

test('quotas are set, found by a filter, taken back, and still there after a restart', async () => {
  await withDirectory(async (dataDir) => {
    await withBroker({ dataDir }, async ({ client }) => {
      assert.deepEqual(await alter(client, { user: 'u' }, { producer_byte_rate: 1000, consumer_byte_rate: 2000 }), [0, null])
      assert.deepEqual(await alter(client, { user: 'u', 'client-id': null }, { producer_byte_rate: 5 }), [0, null])
      assert.deepEqual(await alter(client, { ip: '10.0.0.1' }, { connection_creation_rate: 7 }), [0, null])
      assert.deepEqual(await alter(client, { user: 'w' }, { producer_byte_rate: 1 }, true), [0, null], 'validated only')
      assert.deepEqual(await alter(client, { user: 'u' }, { consumer_byte_rate: null }), [0, null])
    })
    await withBroker({ dataDir }, async ({ client }) => {
      const ofUser = [{ user: 'u' }, { producer_byte_rate: 1000 }]
      const ofBoth = [{ user: 'u', 'client-id': null }, { producer_byte_rate: 5 }]
      const named = { entityType: 'user', matchType: 0, match: 'u' }
      assert.deepEqual(await describe(client, [named], true), [ofUser])
      assert.deepEqual(await describe(client, [named]), [ofUser, ofBoth])
      assert.deepEqual(await describe(client, [named, { entityType: 'client-id', matchType: 1, match: null }]), [ofBoth])
      assert.deepEqual(await describe(client, [{ entityType: 'ip', matchType: 2, match: null }]), [
        [{ ip: '10.0.0.1' }, { connection_creation_rate: 7 }],
      ])
      assert.deepEqual(((await describe(client, [])) as unknown[]).length, 3)
      assert.deepEqual(await describe(client, [], true), [])
    })
  })
})

test('what is refused', async () => {
  await withBroker({}, async ({ client }) => {
    const { INVALID_REQUEST, UNSUPPORTED_VERSION } = ErrorCodes
    const refused: readonly (readonly [Entity, Values, RegExp])[] = [
      [{}, { producer_byte_rate: 1 }, /empty/],
      [{ group: 'g' }, { producer_byte_rate: 1 }, /Unhandled client quota entity type: group/],
      [{ user: '' }, { producer_byte_rate: 1 }, /Empty user/],
      [{ ip: '10.0.0.1', user: 'u' }, { connection_creation_rate: 1 }, /cannot be combined/],
      [{ ip: 'nowhere' }, { connection_creation_rate: 1 }, /not a valid IP/],
      [{ ip: '10.0.0.1' }, { producer_byte_rate: 1 }, /Invalid configuration key/],
      [{ user: 'u' }, { connection_creation_rate: 1 }, /Invalid configuration key/],
      [{ user: 'u' }, { toString: 1 }, /Invalid configuration key/],
      [{ user: 'u' }, { request_percentage: 50 }, /does not act on request_percentage/],
      [{ user: 'u' }, { producer_byte_rate: 0 }, /greater than 0/],
      [{ user: 'u' }, { producer_byte_rate: 1.5 }, /Long/],
    ]
    for (const [entity, values, message] of refused) {
      const [errorCode, text] = await alter(client, entity, values)
      assert.equal(errorCode, INVALID_REQUEST, String(message))
      assert.match(text ?? '', message)
    }
    assert.equal(await describe(client, [{ entityType: 'group', matchType: 2, match: null }]), UNSUPPORTED_VERSION)
    assert.equal(await describe(client, [{ entityType: 'user', matchType: 0, match: null }]), INVALID_REQUEST)
    assert.equal(await describe(client, [{ entityType: 'user', matchType: 9, match: null }]), INVALID_REQUEST)
    assert.deepEqual(await describe(client, []), [])
  })
})

test('a producer above its quota is told for how long, and its connection is muted for that time', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, broker, connect }) => {
    await alter(client, { 'client-id': 'wire-client' }, { producer_byte_rate: 1000 })
    // Ten samples of a second each: 10,000 bytes are free, each 100 beyond cost 100 ms.
    const sentMs = performance.now()
    client.send(produce, 9, produceRequest('orders', batchOf(['x'.repeat(10_200)])))
    const reader = new Reader(await client.nextFrame())
    decodeResponseHeader(reader, produce, 9)
    const { throttleTimeMs, responses } = produce.decodeResponse(reader, 9)
    assert.equal(one(one(responses).partitionResponses).errorCode, 0)
    assert.ok(throttleTimeMs >= 200 && throttleTimeMs < 500, `throttled for ${throttleTimeMs} ms`)
    const other = await connect()
    const hello = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const muted = client.request(apiVersions, 3, hello).then(() => performance.now() - sentMs)
    await other.request(apiVersions, 3, hello)
    assert.ok((await muted) >= throttleTimeMs, 'muted')
    const tags = 'user=,client-id=wire-client'
    assert.equal(broker.metrics.value(`kafka.server:type=Produce,name=throttle-time,${tags}`), throttleTimeMs)
    await alter(other, { 'client-id': 'wire-client' }, { producer_byte_rate: null })
    assert.equal((await other.request(produce, 9, produceRequest('orders', batchOf(['x'.repeat(99_000)])))).throttleTimeMs, 0)
  })
})

test('a consumer above its quota gets an empty answer, and later what it asked for; a muted connection does not hold up a close', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ broker, client, connect }) => {
    for (let batch = 0; batch < 3; batch++) await send(client, 'orders', batchOf(['x'.repeat(6000)]))
    await alter(client, { user: null }, { consumer_byte_rate: 1000 })
    const first = await fetchFrom(client, 'orders', 0)
    assert.ok((first.records?.length ?? 0) < 10_000, 'no more than the window has room for')
    const throttled = await client.request(fetch, 12, fetchRequest('orders', { 0: 1 }))
    assert.ok(throttled.throttleTimeMs > 1000)
    assert.deepEqual(throttled.responses, [])
    const rate = broker.metrics.value('kafka.server:type=Fetch,name=byte-rate,user=ANONYMOUS,client-id=') ?? 0
    assert.ok(rate < 1000, `${rate} bytes a second: what was not sent does not count`)
    const other = await connect()
    await alter(other, { user: null }, { consumer_byte_rate: null })
    assert.ok((await fetchFrom(other, 'orders', 1)).records)
  })
})

test('an address that opens connections too fast has them closed, and not at once', async () => {
  const config = { 'quota.window.num': '2', 'quota.window.size.seconds': '1' }
  await withBroker({ config }, async ({ client, connect }) => {
    await alter(client, { ip: '127.0.0.1' }, { connection_creation_rate: 2 })
    const accepted = [await connect(), await connect()]
    const startedMs = performance.now()
    const refused = await connect()
    const answer = refused.request(apiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    await assert.rejects(answer, /closed/)
    assert.ok(performance.now() - startedMs >= 400, 'held for a while')
    for (const connection of accepted) assert.equal(connection.isClosed, false)
  })
})
