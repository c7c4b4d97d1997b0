import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  createTopics,
  deleteTopics,
  describeGroups,
  ErrorCodes,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  metadata,
  offsetCommit,
  offsetFetch,
  syncGroup,
  zeroUuid,
} from '@odradek/protocol'
import { startBroker } from '../../src/broker.ts'
import { withBroker } from '../support/broker.ts'
import { WireClient } from '../support/wire-client.ts'

const groupId = 'billing'
const config = { 'group.initial.rebalance.delay.ms': '0' }
const topics = { orders: { partitions: 2 } }
const joinRequest = {
  groupId,
  memberId: '',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from([0, 1]) }],
}

async function find(client: WireClient): Promise<void> {
  const { coordinators } = await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] })
  assert.equal(coordinators[0]?.errorCode, ErrorCodes.NONE)
}

/** A group of one member, stable. */
async function settle(client: WireClient): Promise<{ memberId: string; generationId: number }> {
  const { memberId } = await client.request(joinGroup, 9, joinRequest)
  const { generationId, errorCode } = await client.request(joinGroup, 9, { ...joinRequest, memberId })
  assert.equal(errorCode, ErrorCodes.NONE)
  const assignments = [{ memberId, assignment: Buffer.from('all') }]
  const protocol = { protocolType: 'consumer', protocolName: 'range' }
  const synced = await client.request(syncGroup, 5, { groupId, memberId, generationId, ...protocol, assignments })
  assert.equal(synced.assignment.toString(), 'all')
  return { memberId, generationId }
}

async function commit(client: WireClient, offset: number, memberId = '', generationId = -1): Promise<number | undefined> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
  const request = { groupId, memberId, generationIdOrMemberEpoch: generationId, topics: [{ name: 'orders', partitions }] }
  return (await client.request(offsetCommit, 9, request)).topics[0]?.partitions[0]?.errorCode
}

async function committed(client: WireClient): Promise<number | undefined> {
  const groups = [{ groupId, topics: [{ name: 'orders', partitionIndexes: [0] }] }]
  return (await client.request(offsetFetch, 9, { groups })).groups[0]?.topics[0]?.partitions[0]?.committedOffset
}

test('the first FindCoordinator makes __consumer_offsets as Kafka configures it, and names this broker', async () => {
  await withBroker({}, async ({ client, broker }) => {
    const { coordinators } = await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId, 'other'] })
    assert.deepEqual(
      coordinators.map(({ key, host, port, errorCode }) => ({ key, host, port, errorCode })),
      [groupId, 'other'].map((key) => ({ key, host: broker.host, port: broker.port, errorCode: ErrorCodes.NONE })),
    )
    const described = await client.request(metadata, 12, { topics: [{ name: '__consumer_offsets' }], allowAutoTopicCreation: false })
    assert.equal(described.topics[0]?.partitions.length, 50)
    assert.equal(described.topics[0]?.isInternal, true)
  })
})

test('the coordinators of share groups are refused in a way that clients do not retry', async () => {
  await withBroker({}, async ({ client }) => {
    const codeOf = async (keyType: number): Promise<number | undefined> =>
      (await client.request(findCoordinator, 6, { keyType, coordinatorKeys: ['t'] })).coordinators[0]?.errorCode
    assert.equal(await codeOf(2), ErrorCodes.INVALID_REQUEST)
    assert.equal((await client.request(findCoordinator, 3, { keyType: 2, key: 't' })).errorCode, ErrorCodes.INVALID_REQUEST)
  })
})

test('without __consumer_offsets nobody coordinates', async () => {
  await withBroker({ topics }, async ({ client }) => {
    assert.equal((await client.request(heartbeat, 4, { groupId, memberId: 'm', generationId: 1 })).errorCode, ErrorCodes.NOT_COORDINATOR)
    assert.equal((await client.request(joinGroup, 6, joinRequest)).errorCode, ErrorCodes.NOT_COORDINATOR)
    assert.equal(await commit(client, 1), ErrorCodes.NOT_COORDINATOR)
    assert.deepEqual((await client.request(listGroups, 5, {})).groups, [])
  })
})

test('members go on after a restart of the broker, and find what was committed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'odradek-groups-'))
  const options = { dataDir: join(directory, 'data'), topics, config }
  try {
    const before = await startBroker(options)
    const first = await WireClient.connect(before.port)
    await find(first)
    const { memberId, generationId } = await settle(first)
    assert.equal(await commit(first, 42, memberId, generationId), ErrorCodes.NONE)
    await first.close()
    await before.close()

    const broker = await startBroker(options)
    const client = await WireClient.connect(broker.port)
    await find(client)
    assert.equal((await client.request(heartbeat, 4, { groupId, memberId, generationId })).errorCode, ErrorCodes.NONE)
    assert.equal(await committed(client), 42)
    assert.equal(await commit(client, 43, memberId, generationId), ErrorCodes.NONE)
    const left = await client.request(leaveGroup, 5, { groupId, members: [{ memberId }] })
    assert.equal(left.members[0]?.errorCode, ErrorCodes.NONE)
    await client.close()
    await broker.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('the offsets of a deleted topic do not come back with a new topic of its name', async () => {
  await withBroker({ topics, config }, async ({ client }) => {
    await find(client)
    assert.equal(await commit(client, 7), ErrorCodes.NONE)
    assert.equal(await committed(client), 7)
    const deleted = await client.request(deleteTopics, 6, { topics: [{ name: 'orders', topicId: zeroUuid }], timeoutMs: 5000 })
    assert.equal(deleted.responses[0]?.errorCode, ErrorCodes.NONE)
    const spec = { name: 'orders', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
    const created = await client.request(createTopics, 7, { topics: [spec] })
    assert.equal(created.topics[0]?.errorCode, ErrorCodes.NONE)
    assert.equal(await committed(client), -1)
  })
})

test('a commit that the coordinator refuses keeps what was said of partitions that do not exist', async () => {
  await withBroker({ topics, config }, async ({ client }) => {
    await find(client)
    await settle(client)
    const partitions = [0, 7].map((partitionIndex) => ({ partitionIndex, committedOffset: 1, committedMetadata: '' }))
    const asked = ['orders', 'nothing'].map((name) => ({ name, partitions }))
    const request = { groupId, memberId: 'nobody', generationIdOrMemberEpoch: 1, topics: asked }
    const answer = await client.request(offsetCommit, 9, request)
    const { UNKNOWN_MEMBER_ID, UNKNOWN_TOPIC_OR_PARTITION } = ErrorCodes
    assert.deepEqual(
      answer.topics.map(({ name, partitions: each }) => [name, ...each.map(({ errorCode }) => errorCode)]),
      [
        ['orders', UNKNOWN_MEMBER_ID, UNKNOWN_TOPIC_OR_PARTITION],
        ['nothing', UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_OR_PARTITION],
      ],
    )
  })
})

test('a broker that closes answers members that wait', async () => {
  const broker = await startBroker({ topics, config: { 'group.initial.rebalance.delay.ms': '60000' } })
  const client = await WireClient.connect(broker.port)
  await find(client)
  const { memberId } = await client.request(joinGroup, 9, joinRequest)
  const waiting = client.request(joinGroup, 9, { ...joinRequest, memberId })
  const other = await WireClient.connect(broker.port)
  for (let state = ''; state !== 'PreparingRebalance'; ) {
    state = (await other.request(describeGroups, 5, { groups: [groupId] })).groups[0]?.groupState ?? ''
  }
  const closed = broker.close()
  assert.equal((await waiting).errorCode, ErrorCodes.NOT_COORDINATOR)
  await closed
  await client.close()
  await other.close()
})
