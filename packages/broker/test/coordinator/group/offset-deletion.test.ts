import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { GroupBench, groupId, orderTopicId, subscription } from '../support/group-bench.ts'

const oneDayMs = 86_400_000
const quick = { config: { offsetsRetentionMs: oneDayMs, offsetsRetentionCheckIntervalMs: 60_000 } }

async function deleteOffsets(bench: GroupBench, topic: string): Promise<number | undefined> {
  const topics = await bench.groups.deleteOffsets(groupId, [{ name: topic, partitions: [0] }])
  return topics[0]?.partitions[0]?.errorCode
}

test('OffsetDelete removes offsets, except of topics that members subscribe to', async () => {
  const bench = await new GroupBench().start()
  await bench.commit({ topic: 'orders' })
  await bench.commit({ topic: 'bills' })
  await bench.stableGroup(1)
  assert.equal(await deleteOffsets(bench, 'orders'), ErrorCodes.GROUP_SUBSCRIBED_TO_TOPIC)
  assert.equal(await deleteOffsets(bench, 'bills'), ErrorCodes.NONE)
  assert.equal(await deleteOffsets(bench, 'nothing'), ErrorCodes.NONE)
  const after = await bench.crash()
  assert.equal(await after.committed('orders'), 1)
  assert.equal(await after.committed('bills'), -1)
})

test('OffsetDelete on groups that it cannot serve', async () => {
  const bench = await new GroupBench().start()
  await assert.rejects(deleteOffsets(bench, 'orders'), { code: ErrorCodes.GROUP_ID_NOT_FOUND })
  await assert.rejects(bench.groups.deleteOffsets('', []), { code: ErrorCodes.INVALID_GROUP_ID })
  await bench.stableGroup(1, { protocolType: 'connect' })
  await assert.rejects(deleteOffsets(bench, 'orders'), { code: ErrorCodes.NON_EMPTY_GROUP })
})

test('a consumer whose subscription cannot be read counts as subscribed to everything', async () => {
  const bench = await new GroupBench().start()
  await bench.commit({ topic: 'bills' })
  await bench.stableGroup(1, { protocols: [{ name: 'range', metadata: Buffer.from([0, 1, 0x7f]) }] })
  assert.equal(await deleteOffsets(bench, 'bills'), ErrorCodes.GROUP_SUBSCRIBED_TO_TOPIC)
})

test('DeleteGroups removes a group without members and its offsets, for good', async () => {
  const bench = await new GroupBench().start()
  await bench.commit()
  const { members } = await bench.stableGroup(1)
  const remove = async (id: string): Promise<number | undefined> => (await bench.groups.deleteGroups([id]))[0]?.errorCode
  assert.equal(await remove('nothing'), ErrorCodes.GROUP_ID_NOT_FOUND)
  assert.equal(await remove(groupId), ErrorCodes.NON_EMPTY_GROUP)
  await bench.leave(members[0] ?? '')
  assert.equal(await remove(groupId), ErrorCodes.NONE)
  assert.equal(await bench.state(), undefined)
  assert.equal(await bench.committed(), -1)
  const after = await bench.crash()
  assert.deepEqual(await after.groups.list(), [])
})

test('a member id that is pending when its group is deleted is forgotten', async () => {
  const bench = await new GroupBench().start()
  const { memberId } = await bench.join()
  assert.deepEqual(await bench.groups.deleteGroups([groupId]), [{ groupId, errorCode: ErrorCodes.NONE }])
  assert.equal((await bench.join({ memberId })).errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('the offsets of a deleted topic go, those of its successor stay', async () => {
  const bench = await new GroupBench().start()
  await bench.commit({ topic: 'orders', partition: 0 })
  await bench.commit({ topic: 'orders', partition: 1, topicId: 'c3VjY2Vzc29yLXN1Y2Nlcw' })
  await bench.commit({ topic: 'bills' })
  await bench.groups.topicDeleted('orders', orderTopicId)
  const after = await bench.crash()
  assert.equal(await after.committed('orders', 0, 'AAAAAAAAAAAAAAAAAAAAAA'), -1)
  assert.equal(await after.committed('orders', 1, 'AAAAAAAAAAAAAAAAAAAAAA'), 1)
  assert.equal(await after.committed('bills'), 1)
})

test('offsets expire when the group has been empty for long enough, and then the group goes', async () => {
  const bench = await new GroupBench(quick).start()
  const { members, generationId } = await bench.stableGroup(1)
  const memberId = members[0] ?? ''
  await bench.commit({ memberId, generationId })
  for (let elapsedMs = 0; elapsedMs < oneDayMs * 2; elapsedMs += 9000) {
    await bench.clock.advance(9000)
    assert.equal(await bench.heartbeat(memberId, generationId), ErrorCodes.NONE)
  }
  assert.equal(await bench.committed(), 1, 'subscribed')
  await bench.leave(memberId)
  await bench.clock.advance(oneDayMs - 60_000)
  assert.equal(await bench.committed(), 1)
  await bench.clock.advance(120_000)
  assert.equal(await bench.committed(), -1)
  assert.equal(await bench.state(), undefined)
  assert.deepEqual(await (await bench.crash()).groups.list(), [])
})

test('the offsets of a simple group expire one by one, by the time of their commit', async () => {
  const bench = await new GroupBench(quick).start()
  await bench.commit({ topic: 'orders' })
  await bench.clock.advance(oneDayMs / 2)
  await bench.commit({ topic: 'bills' })
  await bench.clock.advance(oneDayMs / 2 + 60_000)
  assert.equal(await bench.committed('orders'), -1)
  assert.equal(await bench.committed('bills'), 1)
  await bench.clock.advance(oneDayMs / 2)
  assert.equal(await bench.state(), undefined)
})

test('a commit that asked for a retention time keeps it', async () => {
  const bench = await new GroupBench(quick).start()
  await bench.commit({ topic: 'orders', retentionTimeMs: 30_000 })
  await bench.commit({ topic: 'bills', retentionTimeMs: oneDayMs * 3 })
  await bench.clock.advance(120_000)
  assert.equal(await bench.committed('orders'), -1)
  await bench.clock.advance(oneDayMs * 2)
  assert.equal(await bench.committed('bills'), 1)
})

test('in a stable group only offsets of topics that nobody subscribes to expire', async () => {
  const bench = await new GroupBench({ config: { ...quick.config, offsetsRetentionMs: 120_000 } }).start()
  await bench.commit({ topic: 'orders' })
  await bench.commit({ topic: 'bills' })
  const { members, generationId } = await bench.stableGroup(1, { protocols: [{ name: 'range', metadata: subscription('orders') }] })
  for (let elapsedMs = 0; elapsedMs < 300_000; elapsedMs += 9000) {
    await bench.clock.advance(9000)
    await bench.heartbeat(members[0] ?? '', generationId)
  }
  assert.equal(await bench.committed('orders'), 1)
  assert.equal(await bench.committed('bills'), -1)
  assert.equal(await bench.state(), 'Stable')
})
