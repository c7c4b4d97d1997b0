import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, type JoinGroupResponseInput } from '@odradek/protocol'
import { GroupBench, hasSettled, subscription } from '../support/group-bench.ts'

/** Two static members, instances a (the leader) and b, and one dynamic member. */
async function staticGroup(): Promise<{ bench: GroupBench; a: string; b: string; dynamic: string; generationId: number }> {
  const bench = await new GroupBench().start()
  const joinedA = bench.join({ groupInstanceId: 'a' })
  const joinedB = bench.join({ groupInstanceId: 'b' })
  const { memberId: dynamic, joined } = await bench.joinWithId()
  await bench.clock.advance(6000)
  const [a, b, last] = await Promise.all([joinedA, joinedB, joined])
  const generationId = last.generationId ?? -1
  const idOf = ({ memberId }: JoinGroupResponseInput): string => memberId
  assert.equal(a.leader, idOf(a))
  await bench.sync(idOf(a), generationId, { [idOf(a)]: 'for a', [idOf(b)]: 'for b', [dynamic]: 'for c' }, 'a')
  await bench.sync(idOf(b), generationId, {}, 'b')
  await bench.sync(dynamic, generationId)
  return { bench, a: idOf(a), b: idOf(b), dynamic, generationId }
}

test('a static member needs no round trip for its id, which carries its instance id', async () => {
  const bench = await new GroupBench().start()
  const joined = bench.join({ groupInstanceId: 'a' })
  await bench.clock.advance(3000)
  assert.equal((await joined).memberId, 'a-uuid-0')
  assert.deepEqual(
    (await joined).members?.map((member) => member.groupInstanceId),
    ['a'],
  )
})

test('a static member that comes back takes its place and assignment over without a rebalance', async () => {
  const { bench, a, b, dynamic, generationId } = await staticGroup()
  const back = await bench.join({ groupInstanceId: 'b' })
  assert.equal(back.errorCode, ErrorCodes.NONE)
  assert.notEqual(back.memberId, b)
  assert.equal(back.generationId, generationId)
  assert.equal(back.leader, a)
  assert.equal(await bench.state(), 'Stable')
  assert.deepEqual((await bench.sync(back.memberId, generationId, {}, 'b')).assignment, Buffer.from('for b'))
  assert.equal(await bench.heartbeat(dynamic, generationId), ErrorCodes.NONE)
})

test('the former self is fenced wherever it turns up', async () => {
  const { bench, b, generationId } = await staticGroup()
  await bench.join({ groupInstanceId: 'b' })
  const fenced = ErrorCodes.FENCED_INSTANCE_ID
  assert.equal(await bench.heartbeat(b, generationId, 'b'), fenced)
  assert.equal((await bench.sync(b, generationId, {}, 'b')).errorCode, fenced)
  assert.equal((await bench.join({ memberId: b, groupInstanceId: 'b' })).errorCode, fenced)
  assert.equal(await bench.leave(b, 'b'), fenced)
  await assert.rejects(bench.commit({ memberId: b, generationId, instanceId: 'b' }), { code: fenced })
  assert.equal(await bench.heartbeat(b, generationId), ErrorCodes.UNKNOWN_MEMBER_ID)
})

test('a returning leader may skip the assignment from JoinGroup 9 on, and is told of its former self before', async () => {
  const { bench, a, generationId } = await staticGroup()
  const back = await bench.join({ groupInstanceId: 'a' })
  assert.equal(back.leader, back.memberId)
  assert.equal(back.skipAssignment, true)
  assert.equal(back.members?.length, 3)
  const again = await bench.join({ groupInstanceId: 'a', apiVersion: 8 })
  assert.equal(again.leader, back.memberId)
  assert.equal(again.skipAssignment, false)
  assert.deepEqual(again.members, [])
  assert.notEqual(again.memberId, a)
  assert.equal(again.generationId, generationId)
})

test('the new member id is durable before it is told, and holds after a restart', async () => {
  const { bench, b, generationId } = await staticGroup()
  bench.log.autoFlush = false
  const back = bench.join({ groupInstanceId: 'b' })
  assert.equal(await hasSettled(back), false)
  bench.log.flush()
  const { memberId } = await back
  const after = await bench.crash()
  assert.equal(await after.heartbeat(memberId, generationId, 'b'), ErrorCodes.NONE)
  assert.equal(await after.heartbeat(b, generationId, 'b'), ErrorCodes.FENCED_INSTANCE_ID)
})

test('a new member id that was told with a generation holds although the broker dies before its assignment is stored', async () => {
  const { bench, a, dynamic, generationId } = await staticGroup()
  const back = bench.join({ groupInstanceId: 'b' })
  await back
  bench.log.autoFlush = false
  const again = bench.join({ memberId: a, groupInstanceId: 'a', protocols: [{ name: 'range', metadata: subscription('bills') }] })
  const third = bench.join({ groupInstanceId: 'b' })
  const other = bench.join({ memberId: dynamic })
  assert.equal(await hasSettled(Promise.race([again, third, other])), false)
  bench.log.flush()
  const { memberId, generationId: joinedGeneration = -1 } = await third
  assert.equal(joinedGeneration, generationId + 1)
  const after = await bench.crash()
  assert.equal(await after.heartbeat(memberId, joinedGeneration, 'b'), ErrorCodes.ILLEGAL_GENERATION)
  assert.equal(await after.heartbeat(memberId, generationId, 'b'), ErrorCodes.NONE)
  assert.equal((await after.sync(memberId, generationId, {}, 'b')).assignment.toString(), 'for b')
  assert.equal(await after.heartbeat((await back).memberId, generationId, 'b'), ErrorCodes.FENCED_INSTANCE_ID)
})

test('a return that changes the protocol of the group starts a rebalance', async () => {
  const bench = await new GroupBench().start()
  const range = { name: 'range', metadata: subscription('orders') }
  const sticky = { name: 'sticky', metadata: subscription('orders') }
  const joined = bench.join({ groupInstanceId: 'a', protocols: [range, sticky] })
  await bench.clock.advance(3000)
  const { memberId } = await joined
  await bench.sync(memberId, 1, { [memberId]: 'all' }, 'a')
  const back = await bench.join({ groupInstanceId: 'a', protocols: [sticky, range] })
  assert.equal(back.generationId, 2)
  assert.equal(back.protocolName, 'sticky')
})

test('a return in the middle of a rebalance joins it, in CompletingRebalance it starts another', async () => {
  const { bench, a, b, dynamic, generationId } = await staticGroup()
  void bench.join({ memberId: a, groupInstanceId: 'a' })
  const back = bench.join({ groupInstanceId: 'b' })
  assert.equal(await hasSettled(back), false)
  const joined = await bench.join({ memberId: dynamic })
  assert.equal((await back).generationId, generationId + 1)
  assert.equal(joined.generationId, generationId + 1)
  assert.equal(await bench.state(), 'CompletingRebalance')
  const third = bench.join({ groupInstanceId: 'b' })
  assert.equal(await hasSettled(third), false)
  assert.equal(await bench.state(), 'PreparingRebalance')
  assert.equal(await bench.heartbeat(b, generationId + 1, 'b'), ErrorCodes.FENCED_INSTANCE_ID)
})

test('whoever waits under the former member id is told that it is fenced', async () => {
  const { bench, b } = await staticGroup()
  const waiting = bench.join({ memberId: b, groupInstanceId: 'b', protocols: [{ name: 'range', metadata: subscription('bills') }] })
  assert.equal(await hasSettled(waiting), false)
  void bench.join({ groupInstanceId: 'b' })
  assert.equal((await waiting).errorCode, ErrorCodes.FENCED_INSTANCE_ID)
})

test('static members keep their place through a rebalance that they miss, until their session runs out', async () => {
  const { bench, a, dynamic, generationId } = await staticGroup()
  const longer = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 5000 }
  const rejoined = [bench.join({ memberId: a, groupInstanceId: 'a', ...longer }), bench.join({ memberId: dynamic, ...longer })]
  await bench.clock.advance(9000)
  assert.equal(await hasSettled(Promise.all(rejoined)), false)
  await bench.clock.advance(1000)
  const [led] = await Promise.all(rejoined)
  assert.equal(led?.generationId, generationId + 1)
  assert.equal(led?.members?.length, 2)
})

test('an administrator removes a static member by its instance id alone', async () => {
  const { bench, b, generationId } = await staticGroup()
  assert.equal(await bench.leave('', 'nobody'), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.leave('', 'b'), ErrorCodes.NONE)
  assert.equal(await bench.heartbeat(b, generationId, 'b'), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.state(), 'PreparingRebalance')
})

test('a static leader that misses a rebalance keeps its place, but another member leads', async () => {
  const bench = await new GroupBench().start()
  const options = { rebalanceTimeoutMs: 5000, sessionTimeoutMs: 30_000 }
  const first = bench.join({ groupInstanceId: 'a', ...options })
  const second = await bench.joinWithId(options)
  await bench.clock.advance(6000)
  const { memberId: leader } = await first
  assert.equal((await second.joined).leader, leader)
  await bench.sync(leader, 1, { [leader]: 'p0' }, 'a')
  const rejoined = bench.join({ memberId: second.memberId, ...options, protocols: [{ name: 'range', metadata: subscription('bills') }] })
  await bench.clock.advance(5000)
  const response = await rejoined
  assert.equal(response.leader, second.memberId)
  assert.equal(response.members?.length, 2)
})
