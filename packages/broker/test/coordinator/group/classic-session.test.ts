import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import type { CoordinatorError } from '../../../src/coordinator/runtime/coordinator-error.ts'
import { GroupBench, groupId, hasSettled } from '../support/group-bench.ts'

test('heartbeats keep a session alive, silence ends it', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(2)
  const [leader = '', silent = ''] = members
  await bench.clock.advance(9999)
  assert.equal(await bench.heartbeat(leader, generationId), ErrorCodes.NONE)
  assert.equal(await bench.state(), 'Stable')
  await bench.clock.advance(1)
  assert.equal(await bench.state(), 'PreparingRebalance')
  assert.equal(await bench.heartbeat(silent, generationId), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.heartbeat(leader, generationId), ErrorCodes.REBALANCE_IN_PROGRESS)
})

test('the last member gone, the group is Empty in a generation of its own', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  await bench.clock.advance(10_000)
  assert.equal(await bench.state(), 'Empty')
  const { joined } = await bench.joinWithId()
  await bench.clock.advance(3000)
  assert.equal((await joined).generationId, generationId + 2)
  assert.equal(await bench.heartbeat(members[0] ?? '', generationId), ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('commits keep a session alive as heartbeats do', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  const memberId = members[0] ?? ''
  for (let round = 0; round < 4; round++) {
    await bench.clock.advance(6000)
    assert.equal(await bench.commit({ memberId, generationId }), ErrorCodes.NONE)
  }
  assert.equal(await bench.state(), 'Stable')
})

test('who waits for a rebalance does not have to send heartbeats', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(2)
  const [leader = '', slow = ''] = members
  const waiting = bench.join({ memberId: leader })
  for (let beat = 0; beat < 4; beat++) {
    await bench.clock.advance(9000)
    assert.equal(await bench.heartbeat(slow, generationId), ErrorCodes.REBALANCE_IN_PROGRESS)
  }
  assert.equal(await hasSettled(waiting), false)
  await bench.join({ memberId: slow })
  assert.equal((await waiting).errorCode, ErrorCodes.NONE)
})

test('what is wrong with a heartbeat', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  const memberId = members[0] ?? ''
  assert.equal(await bench.heartbeat('nobody', generationId), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.heartbeat(memberId, generationId + 1), ErrorCodes.ILLEGAL_GENERATION)
  assert.equal(await bench.heartbeat(memberId, generationId, 'nobody'), ErrorCodes.UNKNOWN_MEMBER_ID)
  const elsewhere = { memberId, generationId, groupInstanceId: null }
  assert.equal(await bench.groups.heartbeat({ ...elsewhere, groupId: '' }), ErrorCodes.INVALID_GROUP_ID)
  assert.equal(await bench.groups.heartbeat({ ...elsewhere, groupId: 'nothing' }), ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('while the coordinator is loading a heartbeat is taken on trust, everything else has to wait', async () => {
  const bench = new GroupBench()
  bench.groups.start(1)
  const answers = [bench.heartbeat('anybody', 3), bench.join(), bench.committed()] as const
  const [beat, joined, committed] = await Promise.allSettled(answers)
  assert.deepEqual(beat, { status: 'fulfilled', value: ErrorCodes.NONE })
  assert.equal(joined.status === 'fulfilled' && joined.value.errorCode, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
  assert.equal(committed.status === 'rejected' && (committed.reason as CoordinatorError).code, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
})

test('before the internal topic exists nobody is the coordinator', async () => {
  const bench = new GroupBench()
  assert.equal((await bench.join()).errorCode, ErrorCodes.NOT_COORDINATOR)
  assert.equal(await bench.heartbeat('anybody', 3), ErrorCodes.NOT_COORDINATOR)
})

test('members leave, and the others rebalance', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(2)
  const [leader = '', follower = ''] = members
  assert.equal(await bench.leave(leader), ErrorCodes.NONE)
  assert.equal(await bench.leave(leader), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.heartbeat(follower, generationId), ErrorCodes.REBALANCE_IN_PROGRESS)
  const alone = await bench.join({ memberId: follower })
  assert.equal(alone.leader, follower)
  assert.equal(alone.members?.length, 1)
  assert.equal(await bench.leave(follower), ErrorCodes.NONE)
  assert.equal(await bench.state(), 'Empty')
})

test('several leave in one request, each with its own answer', async () => {
  const bench = await new GroupBench().start()
  const { members } = await bench.stableGroup(2)
  const pending = await bench.join()
  const ids = [...members, pending.memberId ?? '', 'nobody', '']
  const response = await bench.groups.leave(
    groupId,
    ids.map((memberId) => ({ memberId, groupInstanceId: null })),
  )
  const unknown = ErrorCodes.UNKNOWN_MEMBER_ID
  assert.deepEqual(
    response.members?.map(({ errorCode }) => errorCode),
    [0, 0, 0, unknown, unknown],
  )
  assert.equal(await bench.state(), 'Empty')
})

test('leaving a group that does not exist', async () => {
  const bench = await new GroupBench().start()
  assert.equal((await bench.groups.leave('', [])).errorCode, ErrorCodes.INVALID_GROUP_ID)
  const response = await bench.groups.leave('nothing', [{ memberId: 'nobody', groupInstanceId: null }])
  assert.equal(response.errorCode, ErrorCodes.NONE)
  assert.equal(response.members?.[0]?.errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('after a restart members go on with heartbeats, in the same generation, and their sessions run anew', async () => {
  const before = await new GroupBench().start()
  const { members, generationId, leader } = await before.stableGroup(3)
  await before.clock.advance(8000)
  const bench = await before.crash()
  await bench.clock.advance(8000)
  for (const memberId of members) assert.equal(await bench.heartbeat(memberId, generationId), ErrorCodes.NONE)
  assert.equal(await bench.state(), 'Stable')
  const described = await bench.groups.describe(groupId)
  assert.deepEqual(
    described?.members.map((member) => member.memberAssignment.toString()),
    members.map((id) => `for ${id}`),
  )
  assert.equal((await bench.join({ memberId: members[1] ?? '' })).leader, leader)
  await bench.clock.advance(10_000)
  assert.equal(await bench.state(), 'Empty')
})

test('a generation that was announced but not stored is gone after a restart', async () => {
  const before = await new GroupBench().start()
  const { members, generationId } = await before.stableGroup(1)
  const memberId = members[0] ?? ''
  assert.equal((await before.join({ memberId })).generationId, generationId + 1)
  const bench = await before.crash()
  assert.equal(await bench.heartbeat(memberId, generationId + 1), ErrorCodes.ILLEGAL_GENERATION)
  assert.equal(await bench.heartbeat(memberId, generationId), ErrorCodes.NONE)
})

test('a member that died with the coordinator is removed when its session has run out', async () => {
  const before = await new GroupBench().start()
  await before.stableGroup(1)
  const bench = await before.crash()
  await bench.clock.advance(9999)
  assert.equal(await bench.state(), 'Stable')
  await bench.clock.advance(1)
  assert.equal(await bench.state(), 'Empty')
})
