import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteTopics, ErrorCodes, fetch, type FetchRequestInput, type FetchResponse, zeroUuid } from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { createTopic, fetchRequest, one, send, topicId } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const { NONE, FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR } = ErrorCodes

/** Begins a session over partitions of `orders`, by name. */
function begin(client: WireClient, offsets: Readonly<Record<number, number>>): Promise<FetchResponse> {
  return client.request(fetch, 12, fetchRequest('orders', offsets, { sessionEpoch: 0 }))
}

function goOn(
  client: WireClient,
  sessionId: number,
  sessionEpoch: number,
  fields: Partial<FetchRequestInput> = {},
  version = 12,
): Promise<FetchResponse> {
  return client.request(fetch, version, { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, topics: [], sessionId, sessionEpoch, ...fields })
}

function partitionsOf({ responses }: FetchResponse): number[] {
  return responses.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex))
}

test('a session is told what is new, and nothing else', async () => {
  await withBroker({ topics: { orders: { partitions: 3 } } }, async ({ client }) => {
    const { sessionId, ...first } = await begin(client, { 0: 0, 1: 0, 2: 0 })
    assert.notEqual(sessionId, 0)
    assert.deepEqual(partitionsOf(first as FetchResponse), [0, 1, 2])
    const silent = await goOn(client, sessionId, 1)
    assert.deepEqual([silent.errorCode, silent.sessionId, partitionsOf(silent)], [NONE, sessionId, []])
    await send(client, 'orders', batchOf(['a']), 1)
    const news = await goOn(client, sessionId, 2)
    assert.deepEqual(partitionsOf(news), [1])
    assert.deepEqual(valuesOf(one(one(news.responses).partitions).records), ['a'])
    const { topics } = fetchRequest('orders', { 1: 1 })
    assert.deepEqual(partitionsOf(await goOn(client, sessionId, 3, { topics })), [])
  })
})

test('partitions are added, changed and forgotten; without any the session ends', async () => {
  await withBroker({ topics: { orders: { partitions: 2 } } }, async ({ client }) => {
    for (const partition of [0, 1]) await send(client, 'orders', batchOf(['a']), partition)
    const { sessionId } = await begin(client, { 0: 0 })
    const added = await goOn(client, sessionId, 1, { topics: fetchRequest('orders', { 1: 0, 0: 1 }).topics })
    assert.deepEqual(partitionsOf(added), [1])
    const forgotten = await goOn(client, sessionId, 2, { forgottenTopicsData: [{ topic: 'orders', partitions: [1] }] })
    assert.deepEqual([forgotten.sessionId, partitionsOf(forgotten)], [sessionId, []])
    const last = await goOn(client, sessionId, 3, { forgottenTopicsData: [{ topic: 'orders', partitions: [0] }] })
    assert.deepEqual([last.errorCode, last.sessionId], [NONE, 0])
    assert.equal((await goOn(client, sessionId, 4)).errorCode, FETCH_SESSION_ID_NOT_FOUND)
  })
})

test('an error is told each time, and the partition once more when it is well', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const { sessionId } = await begin(client, { 0: 0, 1: 0 })
    for (const epoch of [1, 2]) {
      const { partitions } = one((await goOn(client, sessionId, epoch)).responses)
      assert.deepEqual(
        partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
        [[1, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION]],
      )
    }
    const broken = await goOn(client, sessionId, 3, { topics: fetchRequest('orders', { 0: 5 }).topics })
    assert.deepEqual(partitionsOf(broken), [0, 1])
    assert.deepEqual(partitionsOf(await goOn(client, sessionId, 4, { topics: fetchRequest('orders', { 0: 0 }).topics })), [0, 1])
    assert.deepEqual(partitionsOf(await goOn(client, sessionId, 5)), [1])
  })
})

test('a session knows its epoch, and its kind of names', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const { sessionId } = await begin(client, { 0: 0 })
    assert.equal((await goOn(client, sessionId, 2)).errorCode, INVALID_FETCH_SESSION_EPOCH)
    assert.equal((await goOn(client, sessionId, 1, {}, 13)).errorCode, FETCH_SESSION_TOPIC_ID_ERROR)
    assert.equal((await goOn(client, sessionId, 1)).errorCode, NONE)
    assert.equal((await goOn(client, sessionId, 1)).errorCode, INVALID_FETCH_SESSION_EPOCH)
    assert.equal((await goOn(client, 0, 3)).errorCode, FETCH_SESSION_ID_NOT_FOUND)
    const full = await client.request(fetch, 12, fetchRequest('orders', { 0: 0 }, { sessionId, sessionEpoch: -1 }))
    assert.deepEqual([full.sessionId, partitionsOf(full)], [0, [0]])
    assert.equal((await goOn(client, sessionId, 2)).errorCode, FETCH_SESSION_ID_NOT_FOUND)
  })
})

test('a fetch that waits learns that its session has gone on without it', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, connect }) => {
    const { sessionId } = await begin(client, { 0: 0 })
    const waiting = goOn(client, sessionId, 1, { maxWaitMs: 10_000 })
    const other = await connect()
    let answer = await goOn(other, sessionId, 2)
    while (answer.errorCode === INVALID_FETCH_SESSION_EPOCH) answer = await goOn(other, sessionId, 2)
    await send(other, 'orders', batchOf(['a']))
    assert.deepEqual([(await waiting).errorCode, (await waiting).sessionId], [INVALID_FETCH_SESSION_EPOCH, sessionId])
  })
})

test('partitions take turns: whoever was served goes to the end', async () => {
  await withBroker({ topics: { orders: { partitions: 3 } } }, async ({ client }) => {
    for (const partition of [0, 1, 2]) await send(client, 'orders', batchOf(['x'.repeat(100)]), partition)
    const first = await client.request(fetch, 12, fetchRequest('orders', { 0: 1, 1: 1, 2: 1 }, { sessionEpoch: 0 }))
    const { topics } = fetchRequest('orders', { 0: 0, 1: 0, 2: 0 })
    const served: number[] = []
    for (let epoch = 1; epoch <= 6; epoch++) {
      const { responses } = await goOn(client, first.sessionId, epoch, { maxBytes: 1, topics: epoch === 1 ? topics : [] })
      for (const { partitions } of responses) {
        for (const { partitionIndex, records } of partitions) if (valuesOf(records).length > 0) served.push(partitionIndex)
      }
    }
    assert.deepEqual(served, [0, 1, 2, 0, 1, 2])
  })
})

test('topic ids: one that is not known yet, one whose topic is deleted, one whose name is another topic’s', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const id = await topicId(client, 'orders')
    const wanted = (topic: string): FetchRequestInput['topics'][number] => ({
      topicId: topic,
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }],
    })
    const request = { maxWaitMs: 0, minBytes: 1, topics: [wanted(id), wanted('bm9ib2R5LWtub3dzLW1lCg')], sessionEpoch: 0 }
    const { sessionId, responses } = await client.request(fetch, 13, request)
    const codesOf = (topics: FetchResponse['responses']): number[] => topics.flatMap(({ partitions }) => partitions.map((p) => p.errorCode))
    assert.deepEqual(codesOf(responses), [NONE, ErrorCodes.UNKNOWN_TOPIC_ID])
    const forgottenTopicsData = [{ topicId: 'bm9ib2R5LWtub3dzLW1lCg', partitions: [0] }]
    assert.deepEqual(codesOf((await goOn(client, sessionId, 1, { forgottenTopicsData }, 13)).responses), [])
    await client.request(deleteTopics, 6, { topics: [{ name: 'orders', topicId: zeroUuid }], timeoutMs: 1000 })
    assert.deepEqual(codesOf((await goOn(client, sessionId, 2, {}, 13)).responses), [ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION])
    await createTopic(client, 'orders')
    assert.deepEqual(codesOf((await goOn(client, sessionId, 3, {}, 13)).responses), [ErrorCodes.INCONSISTENT_TOPIC_ID])
  })
})

test('max.incremental.fetch.session.cache.slots bounds the sessions, and metrics count them', async () => {
  await withBroker(
    { topics: { orders: { partitions: 2 } }, config: { 'max.incremental.fetch.session.cache.slots': '1' } },
    async ({ broker, client }) => {
      const first = await begin(client, { 0: 0, 1: 0 })
      assert.notEqual(first.sessionId, 0)
      assert.equal((await begin(client, { 0: 0 })).sessionId, 0)
      const value = (name: string): number | undefined => broker.metrics.value(`kafka.server:type=FetchSessionCache,name=${name}`)
      assert.equal(value('NumIncrementalFetchSessions'), 1)
      assert.equal(value('NumIncrementalFetchPartitionsCached'), 2)
      assert.equal(value('IncrementalFetchSessionEvictionsPerSec'), 0)
      await client.request(fetch, 12, fetchRequest('orders', { 0: 0 }, { sessionId: first.sessionId, sessionEpoch: -1 }))
      assert.notEqual((await begin(client, { 0: 0 })).sessionId, 0)
    },
  )
})
