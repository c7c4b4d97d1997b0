import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  electLeaders,
  ErrorCodes,
  fetch,
  initProducerId,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  type OffsetForLeaderEpochResponseEpochEndOffset,
  produce,
  type ProduceResponse,
  readBatchHeader,
} from '@odradek/protocol'
import { MetadataError } from '../../src/index.ts'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withDirectory } from '../support/directory.ts'
import { partitionsOf, withGatedNodes, withNodes } from '../support/nodes.ts'
import { fetchFrom, fetchRequest, one, produceRequest, send, topicId } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const topics = { orders: { partitions: 3 } }

async function endOfEpoch(client: WireClient, leaderEpoch: number): Promise<OffsetForLeaderEpochResponseEpochEndOffset> {
  const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }]
  const response = await client.request(offsetForLeaderEpoch, 4, { replicaId: -1, topics: [{ topic: 'orders', partitions }] })
  return one(one(response.topics).partitions)
}

/** By topic id (version 13), to partition 0. */
async function produceById(client: WireClient, records: Uint8Array): Promise<ProduceResponse> {
  const id = await topicId(client, 'orders')
  const topicData = [{ topicId: id, partitionData: [{ index: 0, records }] }]
  return client.request(produce, 13, { acks: -1, timeoutMs: 1000, topicData })
}

test('clients see three nodes with ports of their own, and leaders spread over them', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    assert.deepEqual(
      broker.nodes.map(({ nodeId }) => nodeId),
      [1, 2, 3],
    )
    assert.equal(new Set(broker.nodes.map(({ port }) => port)).size, 3)
    assert.equal(broker.bootstrapServers, broker.nodes.map(({ host, port }) => `${host}:${port}`).join(','))
    for (const nodeId of [1, 2, 3]) {
      const client = await clientOf(nodeId)
      const { brokers } = await client.request(metadata, 12, { topics: [], allowAutoTopicCreation: false })
      assert.deepEqual(
        brokers.map((told) => [told.nodeId, told.host, told.port]),
        broker.nodes.map((node) => [node.nodeId, node.host, node.port]),
      )
      const told = (await partitionsOf(client, 'orders')).map(({ leaderId, replicaNodes, isrNodes }) => [leaderId, replicaNodes, isrNodes])
      assert.deepEqual(told, [
        [1, [1, 2, 3], [1, 2, 3]],
        [2, [2, 3, 1], [2, 3, 1]],
        [3, [3, 1, 2], [3, 1, 2]],
      ])
    }
  })
})

test('the wrong node says who leads, and since when', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    const [leader, other] = [await clientOf(1), await clientOf(2)]
    assert.equal((await send(leader, 'orders', batchOf(['a']))).errorCode, ErrorCodes.NONE)
    assert.equal((await send(other, 'orders', batchOf(['b']))).errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    await broker.moveLeader('orders', 0, 3)
    const hinted = await produceById(other, batchOf(['b']))
    const refused = one(one(hinted.responses).partitionResponses)
    assert.deepEqual([refused.errorCode, refused.currentLeader], [ErrorCodes.NOT_LEADER_OR_FOLLOWER, { leaderId: 3, leaderEpoch: 1 }])
    const third = broker.nodes[2]
    assert.deepEqual(hinted.nodeEndpoints, [{ nodeId: 3, host: third?.host, port: third?.port, rack: null }])

    const id = await topicId(other, 'orders')
    const byId = fetchRequest('', { 0: 0 })
    const request = { ...byId, topics: [{ topicId: id, partitions: one(byId.topics).partitions }] }
    const fetched = await other.request(fetch, 17, request)
    const answer = one(one(fetched.responses).partitions)
    assert.deepEqual([answer.errorCode, answer.currentLeader], [ErrorCodes.NOT_LEADER_OR_FOLLOWER, { leaderId: 3, leaderEpoch: 1 }])
    assert.deepEqual(fetched.nodeEndpoints, hinted.nodeEndpoints)

    const wanted = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
    const listed = await other.request(listOffsets, 7, { replicaId: -1, isolationLevel: 0, topics: wanted })
    assert.equal(one(one(listed.topics).partitions).errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    assert.equal((await endOfEpoch(other, 0)).errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
  })
})

test('a move begins an epoch: older ones are fenced, newer ones unknown, and batches carry it', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    await send(await clientOf(1), 'orders', batchOf(['a', 'b']))
    await broker.moveLeader('orders', 0, 2)
    await broker.moveLeader('orders', 0, 2)
    const client = await clientOf(2)
    assert.deepEqual(one((await partitionsOf(client, 'orders')).slice(0, 1)).leaderEpoch, 1)
    await send(client, 'orders', batchOf(['c']))

    const errorOf = async (currentLeaderEpoch: number): Promise<number> =>
      (await fetchFrom(client, 'orders', 0, { currentLeaderEpoch })).errorCode
    assert.equal(await errorOf(0), ErrorCodes.FENCED_LEADER_EPOCH)
    assert.equal(await errorOf(1), ErrorCodes.NONE)
    assert.equal(await errorOf(2), ErrorCodes.UNKNOWN_LEADER_EPOCH)

    const { records } = await fetchFrom(client, 'orders', 0)
    assert.deepEqual(valuesOf(records), ['a', 'b', 'c'])
    const first = readBatchHeader(records ?? Buffer.alloc(0), 0)
    const second = readBatchHeader(records ?? Buffer.alloc(0), first.sizeBytes)
    assert.deepEqual([first.partitionLeaderEpoch, second.partitionLeaderEpoch], [0, 1])
  })
})

test('epochs end where the next one began, also those in which nothing was written, and after a restart', async () => {
  await withDirectory(async (dataDir) => {
    await withNodes({ dataDir, topics }, async ({ broker, clientOf }) => {
      await send(await clientOf(1), 'orders', batchOf(['a', 'b']))
      await broker.moveLeader('orders', 0, 2)
      await broker.moveLeader('orders', 0, 3)
      await send(await clientOf(3), 'orders', batchOf(['c']))
      await broker.moveLeader('orders', 0, 1)
      const client = await clientOf(1)
      const ends: [number, number][] = []
      for (const epoch of [0, 1, 2, 3]) {
        const { leaderEpoch, endOffset } = await endOfEpoch(client, epoch)
        ends.push([leaderEpoch, endOffset])
      }
      // Epoch 1 ended at offset 2 without a record: it is the one before it that ends there.
      assert.deepEqual(ends, [
        [0, 2],
        [0, 2],
        [2, 3],
        [3, 3],
      ])
      assert.equal((await endOfEpoch(client, 4)).endOffset, -1)
    })
    const checkpoint = await readFile(join(dataDir, 'orders-0', 'leader-epoch-checkpoint'), 'utf8')
    assert.equal(checkpoint, '0\n3\n0 0\n2 2\n3 3\n')
    await withNodes({ dataDir }, async ({ broker, clientOf }) => {
      assert.deepEqual(
        [0, 1, 2].map((partition) => broker.leaderOf('orders', partition)),
        [1, 2, 3],
      )
      const client = await clientOf(1)
      assert.equal(one((await partitionsOf(client, 'orders')).slice(0, 1)).leaderEpoch, 3)
      assert.equal((await send(client, 'orders', batchOf(['d']))).baseOffset, 3)
      assert.equal((await endOfEpoch(client, 2)).endOffset, 3)
      assert.equal((await endOfEpoch(client, 3)).endOffset, 4)
    })
  })
})

test('a fetch that waits is told at once that the leader has moved', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    const client = await clientOf(1)
    await send(client, 'orders', batchOf(['a']))
    for (const [currentLeaderEpoch, expected] of [
      [-1, ErrorCodes.NOT_LEADER_OR_FOLLOWER],
      [2, ErrorCodes.FENCED_LEADER_EPOCH],
    ] as const) {
      const waiting = fetchFrom(client, 'orders', 1, { maxWaitMs: 60_000, currentLeaderEpoch })
      // Another connection of the same node: its answer comes after the fetch has begun to wait.
      await partitionsOf(await clientOf(2), 'orders')
      await broker.moveLeader('orders', 0, 2)
      assert.equal((await waiting).errorCode, expected)
      await broker.moveLeader('orders', 0, 1)
    }
  })
})

test('a produce that waits for the disk while the leader moves has to be sent again, and counts once', async () => {
  await withGatedNodes({ topics }, async ({ broker, clientOf, gate }) => {
    const client = await clientOf(1)
    await send(client, 'orders', batchOf(['a']))
    const { producerId } = await client.request(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 0 })
    const batch = (): Buffer => batchOf(['b'], { producerId, producerEpoch: 0, baseSequence: 0 })
    gate.close('orders-0/00000000000000000000.log')
    const waiting = client.request(produce, 9, produceRequest('orders', batch()))
    const unacknowledged = (await clientOf(2)).request(produce, 9, produceRequest('orders', batchOf(['x']), 1))
    assert.equal(one(one((await unacknowledged).responses).partitionResponses).errorCode, ErrorCodes.NONE)
    await broker.moveLeader('orders', 0, 3)
    gate.open()
    assert.equal(one(one((await waiting).responses).partitionResponses).errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    const again = await send(await clientOf(3), 'orders', batch())
    assert.deepEqual([again.errorCode, again.baseOffset], [ErrorCodes.NONE, 1])
    const { records } = await fetchFrom(await clientOf(3), 'orders', 0)
    assert.deepEqual(valuesOf(records), ['a', 'b'])
  })
})

test('a leader can move to a node that has no replica, and not to one that is not there', async () => {
  const config = { 'default.replication.factor': '1' }
  await withNodes({ topics, config }, async ({ broker, clientOf, node }) => {
    const client = await clientOf(1)
    assert.deepEqual(
      (await partitionsOf(client, 'orders')).map(({ replicaNodes }) => replicaNodes),
      [[1], [2], [3]],
    )
    await broker.moveLeader('orders', 0, 3)
    const moved = (await partitionsOf(client, 'orders'))[0]
    assert.deepEqual([moved?.leaderId, moved?.replicaNodes, moved?.isrNodes], [3, [3], [3]])
    const fenced = await fetchFrom(client, 'orders', 0, { currentLeaderEpoch: 0 })
    assert.equal(fenced.errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    await node(2).stop()
    for (const [name, partition, nodeId] of [
      ['orders', 0, 2],
      ['orders', 0, 4],
      ['orders', 9, 1],
      ['nothing', 0, 1],
    ] as const) {
      await assert.rejects(broker.moveLeader(name, partition, nodeId), MetadataError)
    }
    assert.equal(broker.leaderOf('orders', 9), undefined)
  })
})

test('leadership comes back on request, as kafka-leader-election asks for it', async () => {
  await withNodes({ topics }, async ({ broker, clientOf, node }) => {
    const client = await clientOf(2)
    const elect = async (electionType: number, partitions: readonly number[] | null): Promise<[number, number][]> => {
      const topicPartitions = partitions === null ? null : [{ topic: 'orders', partitions }]
      const { errorCode, replicaElectionResults } = await client.request(electLeaders, 2, { electionType, topicPartitions })
      assert.equal(errorCode, ErrorCodes.NONE)
      return replicaElectionResults.flatMap(({ partitionResult }) =>
        partitionResult.map((result): [number, number] => [result.partitionId, result.errorCode]),
      )
    }
    await node(1).stop()
    assert.equal(broker.leaderOf('orders', 0), 2)
    assert.deepEqual(await elect(0, [0, 1, 7]), [
      [0, ErrorCodes.PREFERRED_LEADER_NOT_AVAILABLE],
      [1, ErrorCodes.ELECTION_NOT_NEEDED],
      [7, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    ])
    await node(1).start()
    assert.equal(broker.leaderOf('orders', 0), 2)
    assert.deepEqual(await elect(1, [0]), [[0, ErrorCodes.ELECTION_NOT_NEEDED]])
    assert.deepEqual(await elect(0, null), [[0, ErrorCodes.NONE]])
    assert.equal(broker.leaderOf('orders', 0), 1)
  })
})
