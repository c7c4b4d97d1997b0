import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { ErrorCodes, fetch, listOffsets, zeroUuid } from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { fetchFrom, fetchRequest, one, send, topicId } from '../support/requests.ts'
import { TransactionalClient } from '../support/transactional-client.ts'

async function elapsedMs(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await run()
  return performance.now() - started
}

test('what is there comes at once; a fetcher at the end waits, and gets what arrives', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, connect }) => {
    await send(client, 'orders', batchOf(['a', 'b']))
    const first = await fetchFrom(client, 'orders', 0, { maxWaitMs: 10_000 })
    assert.deepEqual(valuesOf(first.records), ['a', 'b'])
    assert.equal(first.highWatermark, 2)
    assert.ok((await elapsedMs(() => fetchFrom(client, 'orders', 2, { maxWaitMs: 150 }))) >= 140)
    const waiting = fetchFrom(client, 'orders', 2, { maxWaitMs: 30_000 })
    const arrivedMs = await elapsedMs(async () => {
      await send(await connect(), 'orders', batchOf(['c']))
      assert.deepEqual(valuesOf((await waiting).records), ['c'])
    })
    assert.ok(arrivedMs < 15_000, `${arrivedMs} ms`)
  })
})

test('min bytes count across partitions', async () => {
  await withBroker({ topics: { orders: { partitions: 2 } } }, async ({ client, connect }) => {
    const other = await connect()
    const value = 'x'.repeat(1000)
    const waiting = client.request(fetch, 12, fetchRequest('orders', { 0: 0, 1: 0 }, { maxWaitMs: 10_000, minBytes: 2000 }))
    await send(other, 'orders', batchOf([value]), 0)
    let isAnswered = false
    void waiting.then(() => {
      isAnswered = true
    })
    await setTimeout(50)
    assert.equal(isAnswered, false)
    await send(other, 'orders', batchOf([value]), 1)
    const { partitions } = one((await waiting).responses)
    assert.deepEqual(
      partitions.map(({ records }) => valuesOf(records).length),
      [1, 1],
    )
  })
})

test('after the longest wait, what there is comes although it is too little', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, connect }) => {
    const other = await connect()
    const waiting = fetchFrom(client, 'orders', 0, { maxWaitMs: 200, minBytes: 100_000 })
    await send(other, 'orders', batchOf(['little']))
    assert.deepEqual(valuesOf((await waiting).records), ['little'])
  })
})

test('whole batches: from inside a batch, beyond the limits, and no more than the limits otherwise', async () => {
  await withBroker({ topics: { orders: { partitions: 2 } } }, async ({ client }) => {
    const value = 'x'.repeat(1000)
    for (let index = 0; index < 5; index++) await send(client, 'orders', batchOf([value, value]))
    assert.equal(valuesOf((await fetchFrom(client, 'orders', 5)).records).length, 6)
    assert.equal(valuesOf((await fetchFrom(client, 'orders', 0, { partitionMaxBytes: 1 })).records).length, 2)
    assert.equal(valuesOf((await fetchFrom(client, 'orders', 0, { maxBytes: 1 })).records).length, 2)
    assert.equal(valuesOf((await fetchFrom(client, 'orders', 0, { partitionMaxBytes: 4500 })).records).length, 4)
    await send(client, 'orders', batchOf([value]), 1)
    const { responses } = await client.request(fetch, 12, fetchRequest('orders', { 0: 0, 1: 0 }, { partitionMaxBytes: 1 }))
    assert.deepEqual(
      one(responses).partitions.map(({ records }) => valuesOf(records).length),
      [2, 0],
    )
  })
})

test('offsets outside the log, unknown partitions, epochs', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    await send(client, 'orders', batchOf(['a']))
    const errorOf = async (offset: number, fields = {}): Promise<number> =>
      (await fetchFrom(client, 'orders', offset, { maxWaitMs: 10_000, ...fields })).errorCode
    assert.equal(await errorOf(2), ErrorCodes.OFFSET_OUT_OF_RANGE)
    assert.equal(await errorOf(-1), ErrorCodes.OFFSET_OUT_OF_RANGE)
    assert.equal(await errorOf(0, { currentLeaderEpoch: 1 }), ErrorCodes.UNKNOWN_LEADER_EPOCH)
    assert.equal(await errorOf(0, { currentLeaderEpoch: 0 }), ErrorCodes.NONE)
    assert.equal((await fetchFrom(client, 'no-such-topic', 0)).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    const unknown = await client.request(fetch, 12, fetchRequest('orders', { 7: 0 }, { maxWaitMs: 10_000 }))
    assert.equal(one(one(unknown.responses).partitions).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  })
})

test('a fetcher whose history is not of this log learns where they part', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    await send(client, 'orders', batchOf(['a']))
    const same = await fetchFrom(client, 'orders', 0, { lastFetchedEpoch: 0 })
    assert.equal(same.divergingEpoch.endOffset, -1)
    assert.deepEqual(valuesOf(same.records), ['a'])
    const beyond = await fetchFrom(client, 'orders', 9, { lastFetchedEpoch: 0, maxWaitMs: 10_000 })
    assert.deepEqual(beyond.divergingEpoch, { epoch: 0, endOffset: 1 })
    assert.equal(beyond.records?.length, 0)
    assert.equal((await fetchFrom(client, 'orders', 1, { lastFetchedEpoch: 5 })).errorCode, ErrorCodes.OFFSET_OUT_OF_RANGE)
  })
})

test('a partition that is not there does not end the wait for the others', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const request = fetchRequest('orders', { 0: 0, 7: 0 }, { maxWaitMs: 150 })
    assert.ok((await elapsedMs(() => client.request(fetch, 12, request))) >= 140)
    assert.ok((await elapsedMs(() => client.request(fetch, 12, fetchRequest('orders', { 7: 0 }, { maxWaitMs: 10_000 })))) < 5000)
  })
})

test('by topic id, from version 13', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    await send(client, 'orders', batchOf(['a']))
    const byId = async (id: string, version: number): Promise<[number, string[]]> => {
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
      const { responses } = await client.request(fetch, version, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId: id, partitions }] })
      const { topicId: answered, partitions: data } = one(responses)
      assert.equal(answered, id)
      return [one(data).errorCode, valuesOf(one(data).records)]
    }
    const id = await topicId(client, 'orders')
    for (let version = 13; version <= 18; version++) assert.deepEqual(await byId(id, version), [ErrorCodes.NONE, ['a']])
    assert.deepEqual(await byId('JrkWPuNxTMSE2FvKwZxbEw', 13), [ErrorCodes.UNKNOWN_TOPIC_ID, []])
    assert.deepEqual(await byId(zeroUuid, 13), [ErrorCodes.UNKNOWN_TOPIC_ID, []])
  })
})

test('max bytes hold over all partitions', async () => {
  await withBroker({ topics: { orders: { partitions: 2 } } }, async ({ client }) => {
    const batch = batchOf(['x'.repeat(1000)])
    for (const partition of [0, 1]) await send(client, 'orders', batch, partition)
    const countsOf = async (maxBytes: number): Promise<number[]> => {
      const { responses } = await client.request(fetch, 12, fetchRequest('orders', { 0: 0, 1: 0 }, { maxBytes }))
      return one(responses).partitions.map(({ records }) => valuesOf(records).length)
    }
    assert.deepEqual(await countsOf(batch.length * 2 - 1), [1, 0])
    assert.deepEqual(await countsOf(batch.length * 2), [1, 1])
  })
})

test('fetch.max.bytes bounds what a client may ask for', async () => {
  await withBroker({ topics: { orders: {} }, config: { 'fetch.max.bytes': '2500' } }, async ({ client }) => {
    for (const value of ['a', 'b', 'c']) await send(client, 'orders', batchOf([value.repeat(1000)]))
    assert.equal(valuesOf((await fetchFrom(client, 'orders', 0)).records).length, 2)
  })
})

test('under read_committed what a transaction has written is not there before it ends', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    await send(client, 'orders', batchOf(['a']))
    await (await new TransactionalClient(client).init()).send('orders', 'b', 12)
    for (const [isolationLevel, expected] of [
      [0, ['a', 'b']],
      [1, ['a']],
    ] as const) {
      const { records, lastStableOffset } = await fetchFrom(client, 'orders', 0, { isolationLevel })
      assert.deepEqual([valuesOf(records), lastStableOffset], [expected, 1])
      const partitions = [{ partitionIndex: 0, timestamp: -1 }]
      const listed = await client.request(listOffsets, 7, { replicaId: -1, isolationLevel, topics: [{ name: 'orders', partitions }] })
      assert.equal(one(one(listed.topics).partitions).offset, expected.length)
    }
  })
})

test('a fetch that waits does not hold up the end of the broker, nor that of its process', async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timers()
  await withBroker({ topics: { orders: {} } }, async ({ broker, client }) => {
    client.send(fetch, 12, fetchRequest('orders', { 0: 0 }, { maxWaitMs: 60_000 }))
    await setTimeout(50)
    assert.ok((await elapsedMs(() => broker.close())) < 5000)
  })
  assert.equal(timers(), before)
})
