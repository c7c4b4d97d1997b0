import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ErrorCodes,
  findCoordinator,
  type FindCoordinatorResponseCoordinator,
  heartbeat,
  joinGroup,
  listGroups,
  offsetCommit,
  offsetFetch,
  syncGroup,
} from '@odradek/protocol'
import { MetadataError } from '../../src/index.ts'
import { withGatedNodes, withNodes } from '../support/nodes.ts'
import { one } from '../support/requests.ts'
import type { WireClient } from '../support/wire-client.ts'

const groupId = 'billing'
const topics = { orders: { partitions: 1 } }
const joinRequest = {
  groupId,
  memberId: '',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from([0, 1]) }],
}

async function find(client: WireClient): Promise<FindCoordinatorResponseCoordinator> {
  const { coordinators } = await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] })
  return one(coordinators)
}

async function commit(client: WireClient, offset: number, memberId = '', generationId = -1): Promise<number> {
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
  const request = { groupId, memberId, generationIdOrMemberEpoch: generationId, topics: [{ name: 'orders', partitions }] }
  return one(one((await client.request(offsetCommit, 9, request)).topics).partitions).errorCode
}

async function committed(client: WireClient): Promise<{ errorCode: number; offset: number | undefined }> {
  const asked = { groupId, memberId: null, memberEpoch: -1, topics: [{ name: 'orders', partitionIndexes: [0] }] }
  const { errorCode, topics: found } = one((await client.request(offsetFetch, 9, { groups: [asked], requireStable: true })).groups)
  return { errorCode, offset: found[0]?.partitions[0]?.committedOffset }
}

/** Until the shard has been read; who is asked must coordinate the group. */
async function loaded(client: WireClient): Promise<void> {
  for (;;) if ((await committed(client)).errorCode !== ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS) return
}

/** The groups of a node, once it has read all that it coordinates. */
async function list(client: WireClient): Promise<string[]> {
  for (;;) {
    const { errorCode, groups } = await client.request(listGroups, 5, {})
    if (errorCode === ErrorCodes.NONE) return groups.map((group) => group.groupId)
    assert.equal(errorCode, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
  }
}

/** A group of one member, stable. */
async function settle(client: WireClient): Promise<{ memberId: string; generationId: number }> {
  const { memberId } = await client.request(joinGroup, 9, joinRequest)
  const { generationId } = await client.request(joinGroup, 9, { ...joinRequest, memberId })
  const assignments = [{ memberId, assignment: Buffer.from('all') }]
  const protocol = { protocolType: 'consumer', protocolName: 'range' }
  const { errorCode } = await client.request(syncGroup, 5, { groupId, memberId, generationId, ...protocol, assignments })
  assert.equal(errorCode, ErrorCodes.NONE)
  return { memberId, generationId }
}

test('groups are spread over the nodes, one coordinates, and all others say that they do not', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    const groups = Array.from({ length: 30 }, (_, index) => `group-${index}`)
    const coordinators = new Set<number>()
    for (const group of groups) coordinators.add(await broker.coordinatorOf(group))
    assert.deepEqual(coordinators, new Set([1, 2, 3]))

    for (const asked of [1, 2, 3]) {
      const { errorCode, nodeId, port } = await find(await clientOf(asked))
      assert.equal(errorCode, ErrorCodes.NONE)
      assert.equal(nodeId, await broker.coordinatorOf(groupId))
      assert.equal(port, broker.nodes[nodeId - 1]?.port)
      const expected = asked === nodeId ? ErrorCodes.NONE : ErrorCodes.NOT_COORDINATOR
      assert.equal(await commit(await clientOf(asked), 5), expected)
      assert.deepEqual(await list(await clientOf(asked)), asked === nodeId ? [groupId] : [])
    }
  })
})

test('the new coordinator knows members and offsets, the old one sends them away', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    await broker.moveCoordinator(groupId, 1)
    const old = await clientOf(1)
    await loaded(old)
    const { memberId, generationId } = await settle(old)
    assert.equal(await commit(old, 7, memberId, generationId), ErrorCodes.NONE)
    await broker.moveCoordinator(groupId, 2)
    assert.equal(await broker.coordinatorOf(groupId), 2)
    assert.equal((await old.request(heartbeat, 4, { groupId, memberId, generationId })).errorCode, ErrorCodes.NOT_COORDINATOR)
    assert.equal((await committed(old)).errorCode, ErrorCodes.NOT_COORDINATOR)

    const client = await clientOf(2)
    await loaded(client)
    assert.equal((await client.request(heartbeat, 4, { groupId, memberId, generationId })).errorCode, ErrorCodes.NONE)
    assert.deepEqual(await committed(client), { errorCode: ErrorCodes.NONE, offset: 7 })
    assert.equal(await commit(client, 8, memberId, generationId), ErrorCodes.NONE)
    assert.equal(await commit(client, 9, memberId, generationId + 1), ErrorCodes.ILLEGAL_GENERATION)
    await assert.rejects(broker.moveCoordinator(groupId, 9), MetadataError)
  })
})

test('who waits for a rebalance is sent to the new coordinator', async () => {
  await withNodes({ topics }, async ({ broker, clientOf }) => {
    await broker.moveCoordinator(groupId, 1)
    const first = await clientOf(1)
    await loaded(first)
    const { memberId, generationId } = await settle(first)
    // A second member waits for the first one to join again.
    const { memberId: joining } = await first.request(joinGroup, 9, joinRequest)
    const waiting = first.request(joinGroup, 9, { ...joinRequest, memberId: joining })
    await broker.moveCoordinator(groupId, 3)
    assert.equal((await waiting).errorCode, ErrorCodes.NOT_COORDINATOR)
    const third = await clientOf(3)
    await loaded(third)
    // The rebalance that had begun is forgotten with the member that was to join.
    assert.equal((await third.request(heartbeat, 4, { groupId, memberId, generationId })).errorCode, ErrorCodes.NONE)
    const unknown = await third.request(joinGroup, 9, { ...joinRequest, memberId: joining })
    assert.equal(unknown.errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
  })
})

test('while the log is still being written and read, the new coordinator says so', async () => {
  await withGatedNodes({ topics }, async ({ broker, clientOf, gate }) => {
    await broker.moveCoordinator(groupId, 1)
    const old = await clientOf(1)
    await loaded(old)
    const { memberId, generationId } = await settle(old)
    for (const nodeId of [1, 2, 3]) await list(await clientOf(nodeId))
    gate.close('__consumer_offsets')
    const waiting = commit(old, 11, memberId, generationId)
    // A second request on its heels: when that one is through, the commit has been appended.
    assert.equal((await committed(await clientOf(2))).errorCode, ErrorCodes.NOT_COORDINATOR)
    await broker.moveCoordinator(groupId, 2)
    assert.equal(await waiting, ErrorCodes.NOT_COORDINATOR)
    const client = await clientOf(2)
    assert.equal((await committed(client)).errorCode, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
    assert.equal((await client.request(joinGroup, 9, joinRequest)).errorCode, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
    assert.equal((await client.request(listGroups, 5, {})).errorCode, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
    assert.equal((await (await clientOf(3)).request(listGroups, 5, {})).errorCode, ErrorCodes.NONE)
    assert.equal((await client.request(heartbeat, 4, { groupId, memberId, generationId })).errorCode, ErrorCodes.NONE)
    gate.open()
    await loaded(client)
    assert.deepEqual(await committed(client), { errorCode: ErrorCodes.NONE, offset: 11 })
  })
})

test('a coordinator that moves while it loads answers for the last node it moved to', async () => {
  await withGatedNodes({ topics }, async ({ broker, clientOf, gate }) => {
    await broker.moveCoordinator(groupId, 1)
    await loaded(await clientOf(1))
    gate.close('__consumer_offsets')
    const waiting = commit(await clientOf(1), 3)
    assert.equal((await committed(await clientOf(2))).errorCode, ErrorCodes.NOT_COORDINATOR)
    for (const nodeId of [2, 3, 2, 3]) await broker.moveCoordinator(groupId, nodeId)
    assert.equal(await waiting, ErrorCodes.NOT_COORDINATOR)
    gate.open()
    const client = await clientOf(3)
    await loaded(client)
    assert.deepEqual(await committed(client), { errorCode: ErrorCodes.NONE, offset: 3 })
    assert.equal(await commit(client, 4), ErrorCodes.NONE)
    assert.equal((await committed(await clientOf(2))).errorCode, ErrorCodes.NOT_COORDINATOR)
  })
})

test('without a node that has its log a group has no coordinator, until one is back', async () => {
  const config = { 'default.replication.factor': '1' }
  await withNodes({ topics, config }, async ({ broker, clientOf, node }) => {
    const coordinator = await broker.coordinatorOf(groupId)
    await loaded(await clientOf(coordinator))
    assert.equal(await commit(await clientOf(coordinator), 2), ErrorCodes.NONE)
    await node(coordinator).stop()
    assert.equal(await broker.coordinatorOf(groupId), -1)
    const other = (coordinator % 3) + 1
    assert.equal((await find(await clientOf(other))).errorCode, ErrorCodes.COORDINATOR_NOT_AVAILABLE)
    assert.equal(await commit(await clientOf(other), 3), ErrorCodes.NOT_COORDINATOR)
    await node(coordinator).start()
    assert.equal(await broker.coordinatorOf(groupId), coordinator)
    assert.equal((await find(await clientOf(other))).nodeId, coordinator)
    assert.equal((await committed(await clientOf(coordinator))).offset, 2)
  })
})
