import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deleteRecords,
  describeLogDirs,
  describeProducers,
  ErrorCodes,
  initProducerId,
  listOffsets,
  offsetForLeaderEpoch,
} from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { fetchFrom, one, send } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

async function offsetAt(client: WireClient, timestamp: number, version = 11, fields = {}): Promise<[number, number]> {
  const partitions = [{ partitionIndex: 0, timestamp, ...fields }]
  const { topics } = await client.request(listOffsets, version, { replicaId: -1, topics: [{ name: 'orders', partitions }] })
  const { errorCode, offset } = one(one(topics).partitions)
  return [errorCode, offset]
}

test('offsets by time, and by the timestamps that stand for places', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const before = Date.now()
    for (const value of ['a', 'b', 'c']) await send(client, 'orders', batchOf([value]))
    for (let version = 1; version <= 11; version++) {
      assert.deepEqual(await offsetAt(client, -1, version), [ErrorCodes.NONE, 3])
      assert.deepEqual(await offsetAt(client, -2, version), [ErrorCodes.NONE, 0])
      assert.deepEqual(await offsetAt(client, before, version), [ErrorCodes.NONE, 0])
      assert.deepEqual(await offsetAt(client, before + 3_000_000, version), [ErrorCodes.NONE, -1])
      assert.equal((await offsetAt(client, -3, version))[0], version < 7 ? ErrorCodes.UNSUPPORTED_VERSION : ErrorCodes.NONE)
    }
    assert.deepEqual(await offsetAt(client, -4), [ErrorCodes.NONE, 0])
    assert.deepEqual(await offsetAt(client, -5), [ErrorCodes.NONE, -1])
    assert.deepEqual(await offsetAt(client, -7), [ErrorCodes.UNSUPPORTED_VERSION, -1])
    assert.deepEqual(await offsetAt(client, -1, 11, { currentLeaderEpoch: 3 }), [ErrorCodes.UNKNOWN_LEADER_EPOCH, -1])
    const partition = { partitionIndex: 0, timestamp: -1 }
    const twice = await client.request(listOffsets, 11, { replicaId: -1, topics: [{ name: 'orders', partitions: [partition, partition] }] })
    assert.deepEqual(
      one(twice.topics).partitions.map(({ errorCode }) => errorCode),
      [ErrorCodes.INVALID_REQUEST],
    )
  })
})

test('deleting records moves the start, for readers and for offsets by time', async () => {
  await withBroker({ topics: { orders: {}, compacted: { configs: { 'cleanup.policy': 'compact' } } } }, async ({ client }) => {
    for (const value of ['a', 'b', 'c']) await send(client, 'orders', batchOf([value]))
    const remove = async (name: string, offset: number): Promise<[number, number]> => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }]
      const { errorCode, lowWatermark } = one(one((await client.request(deleteRecords, 2, { topics, timeoutMs: 1000 })).topics).partitions)
      return [errorCode, lowWatermark]
    }
    assert.deepEqual(await remove('orders', 2), [ErrorCodes.NONE, 2])
    assert.equal((await fetchFrom(client, 'orders', 1)).errorCode, ErrorCodes.OFFSET_OUT_OF_RANGE)
    assert.deepEqual(valuesOf((await fetchFrom(client, 'orders', 2)).records), ['c'])
    assert.deepEqual(await offsetAt(client, -2), [ErrorCodes.NONE, 2])
    assert.deepEqual(await offsetAt(client, 0), [ErrorCodes.NONE, 2])
    assert.equal((await remove('orders', 9))[0], ErrorCodes.OFFSET_OUT_OF_RANGE)
    assert.deepEqual(await remove('orders', -1), [ErrorCodes.NONE, 3])
    assert.equal((await remove('compacted', 0))[0], ErrorCodes.POLICY_VIOLATION)
  })
})

test('where epochs end, who produces, and how much there is on disk', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client, broker }) => {
    const { producerId } = await client.request(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })
    await send(client, 'orders', batchOf(['a', 'b'], { producerId, producerEpoch: 0, baseSequence: 0 }))
    const partitions = [{ partition: 0, currentLeaderEpoch: 0, leaderEpoch: 0 }]
    const epochs = await client.request(offsetForLeaderEpoch, 4, { replicaId: -1, topics: [{ topic: 'orders', partitions }] })
    const { errorCode, leaderEpoch, endOffset } = one(one(epochs.topics).partitions)
    assert.deepEqual([errorCode, leaderEpoch, endOffset], [ErrorCodes.NONE, 0, 2])
    const producers = await client.request(describeProducers, 0, { topics: [{ name: 'orders', partitionIndexes: [0] }] })
    const producer = one(one(one(producers.topics).partitions).activeProducers)
    assert.deepEqual([producer.producerId, producer.lastSequence, producer.currentTxnStartOffset], [producerId, 1, -1])
    for (let version = 1; version <= 5; version++) {
      const { results } = await client.request(describeLogDirs, version, { topics: null })
      const { logDir, topics } = one(results)
      assert.equal(logDir, broker.dataDir)
      assert.ok(one(one(topics).partitions).partitionSize > 60)
    }
  })
})
