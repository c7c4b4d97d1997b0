import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { GroupBench, groupId, hasSettled } from '../support/group-bench.ts'

async function completing(
  size = 2,
  options: { rebalanceTimeoutMs?: number } = {},
): Promise<{ bench: GroupBench; leader: string; follower: string }> {
  const bench = await new GroupBench().start()
  const joins = []
  for (let index = 0; index < size; index++) joins.push(await bench.joinWithId(options))
  await bench.clock.advance(6000)
  await Promise.all(joins.map(({ joined }) => joined))
  assert.equal(await bench.state(), 'CompletingRebalance')
  return { bench, leader: joins[0]?.memberId ?? '', follower: joins[1]?.memberId ?? '' }
}

test('followers wait for the leader; each member gets its own assignment', async () => {
  const { bench, leader, follower } = await completing()
  const waiting = bench.sync(follower, 1)
  assert.equal(await hasSettled(waiting), false)
  const led = await bench.sync(leader, 1, { [leader]: 'p0', [follower]: 'p1' })
  assert.equal(led.errorCode, ErrorCodes.NONE)
  assert.equal(led.protocolType, 'consumer')
  assert.equal(led.protocolName, 'range')
  assert.deepEqual(led.assignment, Buffer.from('p0'))
  assert.deepEqual((await waiting).assignment, Buffer.from('p1'))
  assert.equal(await bench.state(), 'Stable')
  assert.deepEqual((await bench.sync(follower, 1)).assignment, Buffer.from('p1'))
})

test('a member that the leader forgot gets an empty assignment', async () => {
  const { bench, leader, follower } = await completing()
  await bench.sync(leader, 1, { [leader]: 'p0', stranger: 'p1' })
  const synced = await bench.sync(follower, 1)
  assert.equal(synced.errorCode, ErrorCodes.NONE)
  assert.equal(synced.assignment.length, 0)
})

test('nobody gets an assignment before it is durable', async () => {
  const { bench, leader, follower } = await completing()
  bench.log.autoFlush = false
  const answers = [bench.sync(follower, 1), bench.sync(leader, 1, { [leader]: 'p0', [follower]: 'p1' })]
  for (const answer of answers) assert.equal(await hasSettled(answer), false)
  bench.log.flush()
  for (const answer of await Promise.all(answers)) assert.equal(answer.errorCode, ErrorCodes.NONE)
})

test('a rebalance that begins while the assignment is being written wins', async () => {
  const { bench, leader, follower } = await completing()
  bench.log.autoFlush = false
  const led = bench.sync(leader, 1, { [leader]: 'p0', [follower]: 'p1' })
  void bench.join({ apiVersion: 3 })
  bench.log.flush()
  assert.equal((await led).errorCode, ErrorCodes.REBALANCE_IN_PROGRESS)
  assert.equal(await bench.state(), 'PreparingRebalance')
})

test('when the write fails, all who wait are sent to find the coordinator again', async () => {
  const { bench, leader, follower } = await completing()
  bench.log.autoFlush = false
  const answers = [bench.sync(follower, 1), bench.sync(leader, 1, { [leader]: 'p0' })]
  await hasSettled(Promise.all(answers))
  bench.log.failWrites()
  for (const answer of await Promise.all(answers)) assert.equal(answer.errorCode, ErrorCodes.NOT_COORDINATOR)
})

test('an assignment that is too large to write fails for all, and the group rebalances', async () => {
  const { bench, leader, follower } = await completing()
  const waiting = bench.sync(follower, 1)
  bench.log.appendError = ErrorCodes.MESSAGE_TOO_LARGE
  assert.equal((await bench.sync(leader, 1, { [leader]: 'p0' })).errorCode, ErrorCodes.UNKNOWN_SERVER_ERROR)
  assert.equal((await waiting).errorCode, ErrorCodes.UNKNOWN_SERVER_ERROR)
  bench.log.appendError = ErrorCodes.NONE
  assert.equal(await bench.state(), 'PreparingRebalance')
})

test('what is wrong with a SyncGroup', async () => {
  const { bench, leader } = await completing()
  const request = {
    groupId,
    memberId: leader,
    generationId: 1,
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [],
  }
  const errorOf = async (change: Partial<Parameters<typeof bench.groups.sync>[0]>): Promise<number | undefined> =>
    (await bench.groups.sync({ ...request, ...change })).errorCode
  assert.equal(await errorOf({ groupId: '' }), ErrorCodes.INVALID_GROUP_ID)
  assert.equal(await errorOf({ groupId: 'nothing' }), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await errorOf({ memberId: 'nobody' }), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await errorOf({ groupInstanceId: 'nobody' }), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await errorOf({ generationId: 2 }), ErrorCodes.ILLEGAL_GENERATION)
  assert.equal(await errorOf({ protocolType: 'connect' }), ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal(await errorOf({ protocolName: 'sticky' }), ErrorCodes.INCONSISTENT_GROUP_PROTOCOL)
  void bench.join({ apiVersion: 3 })
  assert.equal(await errorOf({}), ErrorCodes.REBALANCE_IN_PROGRESS)
})

test('members that never ask for their assignment are removed after the rebalance timeout', async () => {
  const { bench, leader, follower } = await completing(2, { rebalanceTimeoutMs: 8000 })
  await bench.sync(leader, 1, { [leader]: 'p0', [follower]: 'p1' })
  await bench.clock.advance(7999)
  assert.equal(await bench.state(), 'Stable')
  assert.equal(await bench.heartbeat(follower, 1), ErrorCodes.NONE)
  await bench.clock.advance(1)
  assert.equal(await bench.state(), 'PreparingRebalance')
  assert.equal(await bench.heartbeat(follower, 1), ErrorCodes.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.heartbeat(leader, 1), ErrorCodes.REBALANCE_IN_PROGRESS)
})

test('once all have asked, nobody is removed for it', async () => {
  const { bench, leader, follower } = await completing(2, { rebalanceTimeoutMs: 8000 })
  await bench.sync(leader, 1, { [leader]: 'p0' })
  await bench.sync(follower, 1)
  for (let beat = 0; beat < 5; beat++) {
    await bench.clock.advance(3000)
    assert.equal(await bench.heartbeat(leader, 1), ErrorCodes.NONE)
    assert.equal(await bench.heartbeat(follower, 1), ErrorCodes.NONE)
  }
})

test('an assignment that becomes durable in a later generation is not given out in it', async () => {
  const { bench, leader, follower } = await completing()
  bench.log.autoFlush = false
  const late = bench.sync(leader, 1, { [leader]: 'old', [follower]: 'old' })
  const joined = [bench.join({ apiVersion: 3 }), bench.join({ memberId: leader }), bench.join({ memberId: follower })]
  bench.log.flush()
  assert.equal((await late).errorCode, ErrorCodes.REBALANCE_IN_PROGRESS)
  for (const { generationId } of await Promise.all(joined)) assert.equal(generationId, 2)
  assert.equal(await bench.state(), 'CompletingRebalance')
  assert.equal(await hasSettled(bench.sync(follower, 2)), false)
})

test('an assignment that could not be stored leaves a later generation alone', async () => {
  const { bench, leader, follower } = await completing()
  bench.log.appendError = ErrorCodes.MESSAGE_TOO_LARGE
  const late = bench.sync(leader, 1, { [leader]: 'p0' })
  bench.log.appendError = ErrorCodes.NONE
  const joined = [bench.join({ apiVersion: 3 }), bench.join({ memberId: leader }), bench.join({ memberId: follower })]
  assert.equal((await late).errorCode, ErrorCodes.UNKNOWN_SERVER_ERROR)
  for (const { generationId } of await Promise.all(joined)) assert.equal(generationId, 2)
  assert.equal(await bench.state(), 'CompletingRebalance')
})

test('a leader that repeats itself while the first assignment is being written is given the first, and so is the log', async () => {
  const { bench, leader, follower } = await completing()
  bench.log.autoFlush = false
  const first = bench.sync(leader, 1, { [leader]: 'p0', [follower]: 'p1' })
  const second = bench.sync(leader, 1, { [leader]: 'p1', [follower]: 'p0' })
  bench.log.autoFlush = true
  bench.log.flush()
  await Promise.race([first, second])
  assert.deepEqual((await bench.sync(leader, 1)).assignment, Buffer.from('p0'))
  const reloaded = await bench.crash()
  assert.deepEqual((await reloaded.sync(leader, 1)).assignment, Buffer.from('p0'))
  assert.deepEqual((await reloaded.sync(follower, 1)).assignment, Buffer.from('p1'))
})
