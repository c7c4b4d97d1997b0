import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createPartitions,
  createTopics,
  type CreateTopicsRequestCreatableTopicInput,
  describeCluster,
  describeConfigs,
  describeLogDirs,
  describeTopicPartitions,
  ErrorCodes,
  fetch,
  metadata,
  type MetadataResponsePartition,
} from '@odradek/protocol'
import { ConfigError, ListenError, startBroker } from '../../src/index.ts'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withDirectory } from '../support/directory.ts'
import { partitionsOf, withNodes } from '../support/nodes.ts'
import { createTopic, fetchFrom, fetchRequest, one, send } from '../support/requests.ts'
import { WireClient } from '../support/wire-client.ts'

const topics = { orders: { partitions: 3 } }
const single = { 'default.replication.factor': '1' }

async function nodeIds(client: WireClient): Promise<number[]> {
  const { brokers } = await client.request(metadata, 12, { topics: [], allowAutoTopicCreation: false })
  return brokers.map(({ nodeId }) => nodeId)
}

function described(partitions: readonly MetadataResponsePartition[]): unknown[] {
  return partitions.map(({ errorCode, leaderId, isrNodes, offlineReplicas }) => [errorCode, leaderId, isrNodes, offlineReplicas])
}

test('a node that stops is gone: its port, its connections, its leaderships, its place in metadata', async () => {
  await withNodes({ topics }, async ({ broker, clientOf, node }) => {
    const doomed = await clientOf(1)
    const client = await clientOf(2)
    await send(doomed, 'orders', batchOf(['a']))
    doomed.send(fetch, 12, fetchRequest('orders', { 0: 1 }, { maxWaitMs: 60_000 }))
    await node(1).stop()
    await doomed.closed
    await assert.rejects(WireClient.connect(node(1).port), { code: 'ECONNREFUSED' })
    assert.deepEqual([node(1).isRunning, node(2).isRunning], [false, true])
    assert.deepEqual(await nodeIds(client), [2, 3])
    const { controllerId } = await client.request(metadata, 12, { topics: [], allowAutoTopicCreation: false })
    assert.equal(controllerId, 2)
    assert.deepEqual(described(await partitionsOf(client, 'orders')), [
      [ErrorCodes.NONE, 2, [2, 3], [1]],
      [ErrorCodes.NONE, 2, [2, 3], [1]],
      [ErrorCodes.NONE, 3, [3, 2], [1]],
    ])
    assert.deepEqual(valuesOf((await fetchFrom(client, 'orders', 0)).records), ['a'])
    assert.equal((await send(client, 'orders', batchOf(['b']))).baseOffset, 1)
    await node(1).stop()
    assert.equal(broker.metrics.value('kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions'), 3)
  })
})

test('a node that starts again has its port, and leadership when it is asked for', async () => {
  await withNodes({ topics }, async ({ broker, clientOf, node }) => {
    const { port } = node(1)
    await node(1).stop()
    await node(1).start()
    await node(1).start()
    assert.deepEqual([node(1).port, node(1).isRunning], [port, true])
    const client = await clientOf(1)
    assert.deepEqual(await nodeIds(client), [1, 2, 3])
    assert.deepEqual(described(await partitionsOf(client, 'orders'))[0], [ErrorCodes.NONE, 2, [1, 2, 3], []])
    assert.equal((await send(client, 'orders', batchOf(['a']))).errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    await broker.moveLeader('orders', 0, 1)
    assert.equal((await send(client, 'orders', batchOf(['a']))).errorCode, ErrorCodes.NONE)
  })
})

test('what only a stopped node has is offline, and back with it', async () => {
  await withNodes({ topics, config: single }, async ({ broker, clientOf, node }) => {
    await send(await clientOf(2), 'orders', batchOf(['a']), 1)
    await node(2).stop()
    const client = await clientOf(3)
    assert.deepEqual(described(await partitionsOf(client, 'orders')), [
      [ErrorCodes.NONE, 1, [1], []],
      [ErrorCodes.LEADER_NOT_AVAILABLE, -1, [2], [2]],
      [ErrorCodes.NONE, 3, [3], []],
    ])
    const page = await client.request(describeTopicPartitions, 0, { topics: [{ name: 'orders' }] })
    assert.deepEqual(
      one(page.topics).partitions.map(({ errorCode, leaderId }) => [errorCode, leaderId]),
      [
        [ErrorCodes.NONE, 1],
        [ErrorCodes.LEADER_NOT_AVAILABLE, -1],
        [ErrorCodes.NONE, 3],
      ],
    )
    assert.equal(broker.leaderOf('orders', 1), -1)
    assert.equal((await send(client, 'orders', batchOf(['b']), 1)).errorCode, ErrorCodes.NOT_LEADER_OR_FOLLOWER)
    assert.equal(broker.metrics.value('kafka.controller:type=KafkaController,name=OfflinePartitionsCount'), 1)
    await node(2).start()
    const again = await clientOf(2)
    const back = (await partitionsOf(again, 'orders'))[1]
    assert.deepEqual([back?.leaderId, back?.leaderEpoch], [2, 2])
    assert.equal((await send(again, 'orders', batchOf(['b']), 1)).baseOffset, 1)
  })
})

test('all nodes may stop; the first to come back leads', async () => {
  await withNodes({ topics }, async ({ broker, clientOf, node }) => {
    await send(await clientOf(1), 'orders', batchOf(['a']))
    await Promise.all([node(1).stop(), node(2).stop(), node(3).stop()])
    assert.equal(broker.leaderOf('orders', 0), -1)
    await assert.rejects(broker.createTopics({ more: {} }), { errorCode: ErrorCodes.INVALID_REPLICATION_FACTOR })
    await node(3).start()
    const client = await clientOf(3)
    assert.deepEqual(await nodeIds(client), [3])
    assert.deepEqual(valuesOf((await fetchFrom(client, 'orders', 0)).records), ['a'])
  })
})

/** A free port is anybody's: a connection of another process may have it for a moment. */
async function squat(port: number): Promise<Server> {
  for (;;) {
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return server
    } catch {
      await sleep(50)
    }
  }
}

test('a port that is taken meanwhile keeps the node from starting, until it is free', async () => {
  await withNodes({ topics }, async ({ node }) => {
    await node(1).stop()
    const squatter = await squat(node(1).port)
    await assert.rejects(node(1).start(), ListenError)
    assert.equal(node(1).isRunning, false)
    await new Promise((resolve) => void squatter.close(resolve))
    await node(1).start()
    assert.equal(node(1).isRunning, true)
  })
})

test('topics are created as on a cluster of three', async () => {
  await withNodes({}, async ({ broker, clientOf, node }) => {
    const client = await clientOf(1)
    const create = async (fields: Partial<CreateTopicsRequestCreatableTopicInput>): Promise<number> => {
      const topic = { name: 'made', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
      const request = { topics: [topic], timeoutMs: 1000, validateOnly: false }
      return one((await client.request(createTopics, 7, request)).topics).errorCode
    }
    const replicasOf = async (name: string): Promise<number[][]> =>
      (await partitionsOf(client, name)).map(({ replicaNodes }) => replicaNodes)
    for (const replicationFactor of [1, 2, 3]) {
      const name = `times-${replicationFactor}`
      assert.equal(await create({ name, numPartitions: 4, replicationFactor }), ErrorCodes.NONE)
      const replicas = await replicasOf(name)
      assert.deepEqual(
        replicas.map(([leader]) => leader),
        [1, 2, 3, 1],
      )
      for (const nodes of replicas) assert.equal(new Set(nodes).size, replicationFactor)
    }
    assert.equal(await create({ replicationFactor: 4 }), ErrorCodes.INVALID_REPLICATION_FACTOR)
    const assignments = [
      { partitionIndex: 0, brokerIds: [3, 1] },
      { partitionIndex: 1, brokerIds: [2, 3] },
    ]
    assert.equal(await create({ name: 'assigned', assignments }), ErrorCodes.NONE)
    assert.deepEqual(await replicasOf('assigned'), [
      [3, 1],
      [2, 3],
    ])
    assert.equal(await create({ assignments: [{ partitionIndex: 0, brokerIds: [1, 4] }] }), ErrorCodes.INVALID_REPLICA_ASSIGNMENT)

    await node(2).stop()
    assert.equal(await create({ assignments: [{ partitionIndex: 0, brokerIds: [2] }] }), ErrorCodes.INVALID_REPLICA_ASSIGNMENT)
    assert.equal(await create({ name: 'after', numPartitions: 4, replicationFactor: 1 }), ErrorCodes.NONE)
    assert.deepEqual(await replicasOf('after'), [[1], [3], [1], [3]])
    const grow = { topics: [{ name: 'assigned', count: 3, assignments: [{ brokerIds: [2, 1] }] }], timeoutMs: 1000, validateOnly: false }
    assert.equal(one((await client.request(createPartitions, 3, grow)).results).errorCode, ErrorCodes.NONE)
    assert.deepEqual([broker.leaderOf('assigned', 2), broker.leaderOf('assigned', 1)], [1, 3])
  })
})

test('acks=all wants as many running replicas as min.insync.replicas says', async () => {
  const configs = { 'min.insync.replicas': '2' }
  await withNodes({ topics: { orders: { partitions: 1, configs } } }, async ({ clientOf, node }) => {
    const client = await clientOf(1)
    await node(3).stop()
    assert.equal((await send(client, 'orders', batchOf(['a']))).errorCode, ErrorCodes.NONE)
    await node(2).stop()
    assert.equal((await send(client, 'orders', batchOf(['b']))).errorCode, ErrorCodes.NOT_ENOUGH_REPLICAS)
  })
})

test('the cluster is described with the nodes that run, and with the others on request; each node describes itself', async () => {
  await withNodes({ topics, config: single }, async ({ clientOf, node }) => {
    await node(2).stop()
    const client = await clientOf(3)
    const running = await client.request(describeCluster, 2, { includeClusterAuthorizedOperations: false })
    assert.deepEqual(
      running.brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]),
      [
        [1, false],
        [3, false],
      ],
    )
    const all = await client.request(describeCluster, 2, { includeClusterAuthorizedOperations: false, includeFencedBrokers: true })
    assert.deepEqual(
      all.brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]),
      [
        [1, false],
        [2, true],
        [3, false],
      ],
    )
    const resources = [{ resourceType: 4, resourceName: '3', configurationKeys: ['default.replication.factor'] }]
    assert.equal(one(one((await client.request(describeConfigs, 4, { resources })).results).configs).value, '1')
    const { results } = await client.request(describeLogDirs, 4, { topics: null })
    assert.deepEqual(
      one(results).topics.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)]),
      [['orders', [2]]],
    )
  })
})

test('a data directory of three nodes opens with one, and with three again', async () => {
  await withDirectory(async (dataDir) => {
    await withNodes({ dataDir, topics }, async ({ clientOf }) => {
      const pinned = { numPartitions: 3, replicationFactor: 1 }
      assert.equal((await createTopic(await clientOf(1), 'pinned', pinned)).errorCode, ErrorCodes.NONE)
      await send(await clientOf(2), 'orders', batchOf(['a']), 1)
      await send(await clientOf(3), 'pinned', batchOf(['b']), 2)
    })
    await withNodes({ dataDir, nodes: 1 }, async ({ clientOf }) => {
      const client = await clientOf(1)
      assert.deepEqual(described(await partitionsOf(client, 'orders'))[1], [ErrorCodes.NONE, 1, [1], [2, 3]])
      assert.deepEqual(described(await partitionsOf(client, 'pinned'))[2], [ErrorCodes.NONE, 1, [1], []])
      assert.equal((await send(client, 'orders', batchOf(['c']), 1)).baseOffset, 1)
      assert.equal((await send(client, 'pinned', batchOf(['d']), 2)).baseOffset, 1)
    })
    await withNodes({ dataDir }, async ({ broker, clientOf }) => {
      assert.deepEqual(described(await partitionsOf(await clientOf(2), 'orders'))[1], [ErrorCodes.NONE, 1, [2, 3, 1], []])
      await broker.moveLeader('orders', 1, 2)
      assert.equal((await send(await clientOf(2), 'orders', batchOf(['e']), 1)).baseOffset, 2)
    })
  })
})

test('a broker closes with nodes stopped, and nothing of it starts any more', async () => {
  const broker = await startBroker({ nodes: 2 })
  await broker.nodes[1]?.stop()
  await broker.close()
  await assert.rejects(async () => broker.nodes[1]?.start(), /closed/)
})

test('the number of nodes is checked, and fixed ports count up', async () => {
  for (const nodes of [0, -1, 1.5, 101]) await assert.rejects(startBroker({ nodes }), ConfigError)
  await using broker = await startBroker({ nodes: 2, config: { 'node.id': '7' } })
  assert.deepEqual(
    broker.nodes.map(({ nodeId }) => nodeId),
    [7, 8],
  )
  await assert.rejects(startBroker({ nodes: 2, port: broker.port - 1 }), ListenError)
})
