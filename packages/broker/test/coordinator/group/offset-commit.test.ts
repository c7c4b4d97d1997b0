import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, offsetCommitValue, readBatchHeader, RecordCursor, recordsSection } from '@odradek/protocol'
import { GroupBench, groupId, hasSettled, orderTopicId } from '../support/group-bench.ts'

test('offsets of who is no member make a simple group, and are there after a restart', async () => {
  const before = await new GroupBench().start()
  assert.equal(await before.committed(), -1)
  assert.equal(await before.commit({ offset: 41 }), ErrorCodes.NONE)
  assert.equal(await before.commit({ offset: 42, metadata: 'half way' }), ErrorCodes.NONE)
  const bench = await before.crash()
  const topics = await bench.groups.fetchOffsets(groupId, null, false)
  const partitions = [{ partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 0, metadata: 'half way', errorCode: ErrorCodes.NONE }]
  assert.deepEqual(topics, [{ name: 'orders', topicId: orderTopicId, partitions }])
  assert.equal((await bench.groups.describe(groupId))?.protocolType, '')
  assert.deepEqual(await bench.groups.list(), [{ groupId, protocolType: '', groupState: 'Empty', groupType: 'classic' }])
})

test('a commit is not acknowledged, nor seen, before it is durable', async () => {
  const bench = await new GroupBench().start()
  bench.log.autoFlush = false
  const commit = bench.commit({ offset: 42 })
  const fetch = bench.committed()
  assert.equal(await hasSettled(commit), false)
  assert.equal(await hasSettled(fetch), false)
  const crashed = await bench.crash()
  assert.equal(await crashed.committed(), -1)
  bench.log.flush()
  assert.equal(await commit, ErrorCodes.NONE)
  assert.equal(await fetch, 42)
})

test('members commit in their generation', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  const memberId = members[0] ?? ''
  assert.equal(await bench.commit({ memberId, generationId, offset: 7 }), ErrorCodes.NONE)
  assert.equal(await bench.committed(), 7)
  await assert.rejects(bench.commit({ memberId, generationId: generationId + 1 }), { code: ErrorCodes.ILLEGAL_GENERATION })
  await assert.rejects(bench.commit({ memberId, generationId: generationId - 1 }), { code: ErrorCodes.ILLEGAL_GENERATION })
  await assert.rejects(bench.commit({ memberId: 'nobody', generationId }), { code: ErrorCodes.UNKNOWN_MEMBER_ID })
  await assert.rejects(bench.commit(), { code: ErrorCodes.UNKNOWN_MEMBER_ID })
  await assert.rejects(bench.commit({ memberId, generationId, instanceId: 'nobody' }), { code: ErrorCodes.UNKNOWN_MEMBER_ID })
})

test('in a rebalance members may commit until they have joined, then not until they are synced', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  const memberId = members[0] ?? ''
  const { joined } = await bench.joinWithId()
  assert.equal(await bench.state(), 'PreparingRebalance')
  assert.equal(await bench.commit({ memberId, generationId, offset: 9 }), ErrorCodes.NONE)
  await bench.join({ memberId })
  await joined
  const next = generationId + 1
  await assert.rejects(bench.commit({ memberId, generationId: next }), { code: ErrorCodes.REBALANCE_IN_PROGRESS })
  await assert.rejects(bench.commit({ memberId, generationId }), { code: ErrorCodes.ILLEGAL_GENERATION })
  await bench.sync(memberId, next, {})
  assert.equal(await bench.commit({ memberId, generationId: next }), ErrorCodes.NONE)
})

test('a generation without its group', async () => {
  const bench = await new GroupBench().start()
  await assert.rejects(bench.commit({ memberId: 'm', generationId: 1, apiVersion: 8 }), { code: ErrorCodes.ILLEGAL_GENERATION })
  await assert.rejects(bench.commit({ memberId: 'm', generationId: 1, apiVersion: 9 }), { code: ErrorCodes.GROUP_ID_NOT_FOUND })
})

test('metadata has a limit', async () => {
  const bench = await new GroupBench().start()
  assert.equal(await bench.commit({ metadata: 'm'.repeat(4096) }), ErrorCodes.NONE)
  assert.equal(await bench.commit({ metadata: 'm'.repeat(4097), offset: 9 }), ErrorCodes.OFFSET_METADATA_TOO_LARGE)
  assert.equal(await bench.committed(), 1)
})

test('a commit for a topic that was deleted does not count for its successor of the same name', async () => {
  const bench = await new GroupBench().start()
  await bench.commit({ offset: 5 })
  assert.equal(await bench.committed('orders', 0, orderTopicId), 5)
  assert.equal(await bench.committed('orders', 0, 'AAAAAAAAAAAAAAAAAAAAAA'), 5)
  assert.equal(await bench.committed('orders', 0, 'c3VjY2Vzc29yLXN1Y2Nlcw'), -1)
})

test('the values are of the versions that Kafka 4.3 writes', async () => {
  const bench = await new GroupBench().start()
  await bench.commit({ offset: 5 })
  await bench.commit({ offset: 6, retentionTimeMs: 1000 })
  const values = bench.log.batches.map((batch) => {
    const header = readBatchHeader(batch, 0)
    const cursor = new RecordCursor()
    cursor.reset(batch, 0, header, recordsSection(batch, 0, header))
    assert.ok(cursor.next())
    return cursor.value() ?? Buffer.alloc(0)
  })
  assert.deepEqual(
    values.map((value) => value.readInt16BE(0)),
    [4, 1],
  )
  assert.equal(offsetCommitValue.decode(values[1] ?? Buffer.alloc(0)).expireTimestamp, bench.clock.nowMs() + 1000)
})
