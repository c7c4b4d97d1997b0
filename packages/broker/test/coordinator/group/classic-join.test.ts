import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { GroupBench, groupId, hasSettled, subscription } from '../support/group-bench.ts'

const range = { name: 'range', metadata: subscription('orders') }
const roundRobin = { name: 'roundrobin', metadata: subscription('orders') }
const sticky = { name: 'sticky', metadata: subscription('orders') }

test('a dynamic member must come back with the id that it is given', async () => {
  const bench = await new GroupBench().start()
  const first = await bench.join({ clientId: 'app' })
  assert.equal(first.errorCode, ErrorCodes.MEMBER_ID_REQUIRED)
  assert.equal(first.memberId, 'app-uuid-0')
  const joined = bench.join({ memberId: 'app-uuid-0' })
  await bench.clock.advance(3000)
  const response = await joined
  assert.equal(response.errorCode, ErrorCodes.NONE)
  assert.equal(response.generationId, 1)
  assert.equal(response.leader, 'app-uuid-0')
  assert.equal(response.protocolName, 'range')
  assert.deepEqual(response.members, [{ memberId: 'app-uuid-0', groupInstanceId: null, metadata: subscription('orders') }])
})

test('before JoinGroup 4 a member joins without the round trip, and before 1 the session timeout is its rebalance timeout', async () => {
  const bench = await new GroupBench().start()
  const joined = bench.join({ apiVersion: 0, rebalanceTimeoutMs: -1 })
  await bench.clock.advance(3000)
  assert.equal((await joined).errorCode, ErrorCodes.NONE)
  await bench.sync('client-uuid-0', 1, {})
  const second = bench.join({ apiVersion: 0, rebalanceTimeoutMs: -1 })
  await bench.clock.advance(9000)
  await bench.heartbeat('client-uuid-0', 1)
  assert.equal(await hasSettled(second), false)
  await bench.clock.advance(1000)
  assert.equal((await second).generationId, 2)
})

test('the initial rebalance waits for more members, longer while they keep coming', async () => {
  const bench = await new GroupBench().start()
  const one = await bench.joinWithId()
  await bench.clock.advance(2000)
  const two = await bench.joinWithId()
  await bench.clock.advance(3900)
  assert.equal(await hasSettled(one.joined), false)
  await bench.clock.advance(100)
  const [first, second] = await Promise.all([one.joined, two.joined])
  assert.equal(first.generationId, 1)
  assert.equal(first.members?.length, 2)
  assert.equal(second.generationId, 1)
  assert.deepEqual(second.members, [])
  assert.equal(second.leader, one.memberId)
})

test('the initial delay is never extended beyond the rebalance timeout', async () => {
  const bench = await new GroupBench().start()
  const options = { rebalanceTimeoutMs: 7000, sessionTimeoutMs: 30_000 }
  const first = await bench.joinWithId(options)
  for (let elapsedMs = 0; elapsedMs < 6000; elapsedMs += 1000) {
    await bench.clock.advance(1000)
    void bench.joinWithId(options)
  }
  assert.equal(await hasSettled(first.joined), false)
  await bench.clock.advance(1000)
  assert.equal((await first.joined).generationId, 1)
})

test('a pending member that never comes back is forgotten after its session timeout', async () => {
  const bench = await new GroupBench().start()
  const { memberId } = await bench.join()
  await bench.clock.advance(10_000)
  assert.equal((await bench.join({ memberId })).errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('a rebalance waits for a pending member', async () => {
  const bench = await new GroupBench().start()
  const { members } = await bench.stableGroup(1)
  const pending = await bench.join()
  const rejoined = bench.join({ memberId: members[0] ?? '' })
  assert.equal(await hasSettled(rejoined), false)
  const joined = bench.join({ memberId: pending.memberId })
  assert.equal((await rejoined).members?.length, 2)
  assert.equal((await joined).generationId, 2)
})

test('a pending member may come when all members have left meanwhile', async () => {
  const bench = await new GroupBench().start()
  const { members } = await bench.stableGroup(1)
  const pending = await bench.join()
  const rejoined = bench.join({ memberId: members[0] ?? '' })
  assert.equal(await hasSettled(rejoined), false)
  await bench.leave(members[0] ?? '')
  assert.equal((await bench.join({ memberId: pending.memberId })).errorCode, ErrorCodes.NONE)
})

test('what is wrong with a JoinGroup as such', async () => {
  const bench = await new GroupBench().start()
  assert.equal((await bench.join({ groupId: '' })).errorCode, ErrorCodes.INVALID_GROUP_ID)
  assert.equal((await bench.join({ sessionTimeoutMs: 5999 })).errorCode, ErrorCodes.INVALID_SESSION_TIMEOUT)
  assert.equal((await bench.join({ sessionTimeoutMs: 1_800_001 })).errorCode, ErrorCodes.INVALID_SESSION_TIMEOUT)
  assert.equal((await bench.join({ memberId: 'nobody' })).errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal((await bench.join({ protocolType: '' })).errorCode, ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal((await bench.join({ protocols: [] })).errorCode, ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
})

test('who has no protocol in common with the members cannot join them', async () => {
  const bench = await new GroupBench().start()
  const { members } = await bench.stableGroup(1, { protocols: [range, roundRobin] })
  const inconsistent = ErrorCodes.INCONSISTENT_GROUP_PROTOCOL
  assert.equal((await bench.join({ protocols: [sticky] })).errorCode, inconsistent)
  assert.equal((await bench.join({ protocolType: 'connect' })).errorCode, inconsistent)
  assert.equal((await bench.join({ memberId: members[0] ?? '', protocolType: 'connect' })).errorCode, inconsistent)
  assert.equal((await bench.join({ memberId: 'nobody' })).errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('members vote for the protocol that they all support', async () => {
  const bench = await new GroupBench().start()
  const joins = [
    await bench.joinWithId({ protocols: [sticky, roundRobin, range] }),
    await bench.joinWithId({ protocols: [roundRobin, range] }),
    await bench.joinWithId({ protocols: [range, roundRobin] }),
    await bench.joinWithId({ protocols: [range, roundRobin] }),
    await bench.joinWithId({ protocols: [range, roundRobin, sticky] }),
  ]
  await bench.clock.advance(6000)
  for (const { joined } of joins) assert.equal((await joined).protocolName, 'range')
})

test('a second member joins: the first learns of it by heartbeat and both get the next generation', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  const first = members[0] ?? ''
  assert.equal(await bench.heartbeat(first, generationId), ErrorCodes.NONE)
  const second = await bench.joinWithId()
  assert.equal(await bench.state(), 'PreparingRebalance')
  assert.equal(await bench.heartbeat(first, generationId), ErrorCodes.REBALANCE_IN_PROGRESS)
  const rejoined = await bench.join({ memberId: first })
  assert.equal(rejoined.generationId, generationId + 1)
  assert.equal(rejoined.leader, first)
  assert.deepEqual(
    rejoined.members?.map(({ memberId }) => memberId),
    [first, second.memberId],
  )
  assert.equal((await second.joined).generationId, generationId + 1)
  assert.equal(await bench.state(), 'CompletingRebalance')
})

test('who does not rejoin within the rebalance timeout is removed', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(2, { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 30_000 })
  const [leader = '', follower = ''] = members
  const rejoined = bench.join({
    memberId: follower,
    rebalanceTimeoutMs: 20_000,
    protocols: [{ ...range, metadata: subscription('bills') }],
  })
  await bench.clock.advance(19_999)
  assert.equal(await hasSettled(rejoined), false)
  await bench.clock.advance(1)
  const response = await rejoined
  assert.equal(response.leader, follower)
  assert.deepEqual(
    response.members?.map(({ memberId }) => memberId),
    [follower],
  )
  assert.equal(await bench.heartbeat(leader, generationId), ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('when nobody rejoins the group waits until sessions run out', async () => {
  const bench = await new GroupBench().start()
  const { members } = await bench.stableGroup(2, { groupInstanceId: null, rebalanceTimeoutMs: 5000 })
  const extra = await bench.joinWithId({ rebalanceTimeoutMs: 5000 })
  await bench.leave(extra.memberId)
  assert.equal((await extra.joined).errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
  await bench.clock.advance(60_000)
  assert.equal(await bench.state(), 'Empty')
  assert.equal(await bench.heartbeat(members[0] ?? '', 1), ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('a follower that rejoins unchanged is told the generation; a changed one, and the leader, start a rebalance', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(2)
  const [leader = '', follower = ''] = members
  const again = await bench.join({ memberId: follower })
  assert.equal(again.generationId, generationId)
  assert.equal(again.leader, leader)
  assert.deepEqual(again.members, [])
  assert.equal(await bench.state(), 'Stable')
  const changed = bench.join({ memberId: follower, protocols: [{ ...range, metadata: subscription('bills') }] })
  assert.equal(await bench.state(), 'PreparingRebalance')
  assert.equal((await bench.join({ memberId: leader })).generationId, generationId + 1)
  await changed
  await bench.sync(leader, generationId + 1, {})
  assert.equal(await bench.state(), 'Stable')
  const leaderRejoins = bench.join({ memberId: leader })
  assert.equal(await bench.state(), 'PreparingRebalance')
  await bench.join({ memberId: follower, protocols: [{ ...range, metadata: subscription('bills') }] })
  assert.equal((await leaderRejoins).generationId, generationId + 2)
})

test('in CompletingRebalance an unchanged member, the leader too, is told the generation again', async () => {
  const bench = await new GroupBench().start()
  const one = await bench.joinWithId()
  const two = await bench.joinWithId()
  await bench.clock.advance(6000)
  await Promise.all([one.joined, two.joined])
  const again = await bench.join({ memberId: one.memberId })
  assert.equal(again.generationId, 1)
  assert.equal(again.members?.length, 2)
  assert.equal(await bench.state(), 'CompletingRebalance')
  const synced = bench.sync(two.memberId, 1)
  void bench.join({ memberId: one.memberId, protocols: [{ ...range, metadata: subscription('bills') }] })
  assert.equal((await synced).errorCode, ErrorCodes.REBALANCE_IN_PROGRESS)
  assert.equal(await bench.state(), 'PreparingRebalance')
})

test('group.max.size', async () => {
  const bench = await new GroupBench({ config: { maxSize: 2 } }).start()
  const { members, leader } = await bench.stableGroup(2)
  const full = ErrorCodes.GROUP_MAX_SIZE_REACHED
  assert.equal((await bench.join()).errorCode, full)
  const rejoined = bench.join({ memberId: leader })
  assert.equal((await bench.join({ memberId: members[1] ?? '' })).errorCode, ErrorCodes.NONE)
  assert.equal((await rejoined).errorCode, ErrorCodes.NONE)
})

test('a group that is larger than a lowered group.max.size sheds the last members to rejoin', async () => {
  const before = await new GroupBench().start()
  const { members } = await before.stableGroup(3)
  const bench = await new GroupBench({ config: { maxSize: 2 }, log: before.log.afterCrash(), clock: before.clock }).start()
  assert.equal(await bench.state(), 'PreparingRebalance')
  const [one = '', two = '', three = ''] = members
  const kept = [bench.join({ memberId: one }), bench.join({ memberId: two })]
  assert.equal((await bench.join({ memberId: three })).errorCode, ErrorCodes.GROUP_MAX_SIZE_REACHED)
  await bench.clock.advance(60_000)
  for (const response of await Promise.all(kept)) assert.equal(response.generationId, 2)
})

test('a JoinGroup that is sent again takes the place of the one that waits', async () => {
  const bench = await new GroupBench().start()
  const { memberId, joined } = await bench.joinWithId()
  // In the initial rebalance the member is known and waiting already.
  const again = bench.join({ memberId })
  assert.equal((await joined).errorCode, ErrorCodes.REBALANCE_IN_PROGRESS)
  await bench.clock.advance(6000)
  assert.equal((await again).errorCode, ErrorCodes.NONE)
})

test('a new member whose client is gone does not hold the group for longer than five minutes', async () => {
  const bench = await new GroupBench().start()
  const options = { rebalanceTimeoutMs: 900_000, sessionTimeoutMs: 1_000_000 }
  await bench.stableGroup(1, options)
  const stuck = await bench.joinWithId(options)
  await bench.clock.advance(299_999)
  assert.equal(await hasSettled(stuck.joined), false)
  await bench.clock.advance(1)
  assert.equal((await stuck.joined).errorCode, ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('a first JoinGroup writes the group down, as Kafka does', async () => {
  const bench = await new GroupBench().start()
  await bench.join()
  assert.equal(bench.log.logEndOffset, 1)
  const after = await bench.crash()
  const described = await after.groups.describe(groupId)
  assert.equal(described?.groupState, 'Empty')
  assert.equal(described?.protocolType, '')
})
