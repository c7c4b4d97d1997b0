import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { registerGroupMetrics } from '../../../src/coordinator/group/group-metrics.ts'
import { MetricsRegistry } from '../../../src/metrics/registry.ts'
import { GroupBench, groupId, subscription } from '../support/group-bench.ts'

test('a group is described with what holds in its state', async () => {
  const bench = await new GroupBench().start()
  assert.equal(await bench.groups.describe(groupId), undefined)
  const { members } = await bench.stableGroup(1, { clientId: 'app' })
  assert.deepEqual(await bench.groups.describe(groupId), {
    errorCode: ErrorCodes.NONE,
    groupId,
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [
      {
        memberId: members[0],
        groupInstanceId: null,
        clientId: 'app',
        clientHost: '/127.0.0.1',
        memberMetadata: subscription('orders'),
        memberAssignment: Buffer.from(`for ${members[0]}`),
      },
    ],
  })
  await bench.joinWithId()
  const rebalancing = await bench.groups.describe(groupId)
  assert.equal(rebalancing?.groupState, 'PreparingRebalance')
  assert.equal(rebalancing?.protocolData, '')
  assert.equal(rebalancing?.members[0]?.memberMetadata.length, 0)
})

test('groups are listed with state and type', async () => {
  const bench = await new GroupBench().start()
  await bench.commit({ group: 'simple' })
  await bench.stableGroup(1)
  const listed = (await bench.groups.list()).sort((one, other) => one.groupId.localeCompare(other.groupId))
  assert.deepEqual(listed, [
    { groupId, protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
    { groupId: 'simple', protocolType: '', groupState: 'Empty', groupType: 'classic' },
  ])
})

test('closing answers everyone who waits', async () => {
  const bench = await new GroupBench().start()
  const { joined } = await bench.joinWithId()
  bench.groups.close()
  assert.equal((await joined).errorCode, ErrorCodes.NOT_COORDINATOR)
  assert.equal(bench.clock.pendingTimers, 0)
  assert.equal((await bench.join()).errorCode, ErrorCodes.NOT_COORDINATOR)
})

test('what a group keeps of a request does not keep the request', async () => {
  const bench = await new GroupBench().start()
  const frame = Buffer.concat([subscription('orders'), Buffer.alloc(100)])
  const metadata = frame.subarray(0, subscription('orders').length)
  const { joined } = await bench.joinWithId({ protocols: [{ name: 'range', metadata }] })
  frame.fill(0xff)
  await bench.clock.advance(3000)
  assert.deepEqual((await joined).members?.[0]?.metadata, subscription('orders'))
})

test('a group that loses its shard to a failed write is there again, as it was durable', async () => {
  const bench = await new GroupBench().start()
  const { members, generationId } = await bench.stableGroup(1)
  const memberId = members[0] ?? ''
  bench.log.autoFlush = false
  const commit = bench.commit({ memberId, generationId, offset: 9 })
  const refused = assert.rejects(commit, { code: ErrorCodes.NOT_COORDINATOR })
  bench.log.failWrites()
  await refused
  bench.log.autoFlush = true
  await bench.clock.advance(100)
  assert.equal(await bench.heartbeat(memberId, generationId), ErrorCodes.NONE)
  assert.equal(await bench.committed(), -1)
  assert.equal(await bench.commit({ memberId, generationId, offset: 9 }), ErrorCodes.NONE)
})

test("groups and offsets are counted under Kafka's names", async () => {
  const bench = await new GroupBench().start()
  const metrics = new MetricsRegistry()
  registerGroupMetrics(metrics, bench.groups)
  const value = (name: string): number | undefined => metrics.value(`kafka.coordinator.group:type=GroupMetadataManager,name=${name}`)
  assert.equal(value('NumGroups'), 0)
  await bench.commit({ group: 'simple' })
  await bench.commit({ group: 'simple', partition: 1 })
  await bench.commit({ group: 'simple', partition: 1, offset: 2 })
  await bench.stableGroup(1)
  assert.deepEqual(['NumGroups', 'NumGroupsEmpty', 'NumGroupsStable', 'NumOffsets'].map(value), [2, 1, 1, 2])
  await bench.groups.deleteGroups(['simple'])
  assert.deepEqual(['NumGroups', 'NumGroupsEmpty', 'NumGroupsStable', 'NumOffsets'].map(value), [1, 0, 1, 0])
})
