import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Admin, CommittedOffset, GroupDescription, ListedOffset, OffsetQuery } from '@odradek/client'
import { groupLags } from '../../src/lag/group-lag.ts'

const coordinator = { id: 1, host: 'h', port: 9092, rack: null }
const member = { memberId: 'm-1', groupInstanceId: null, clientId: 'c', clientHost: '/127.0.0.1' }

interface ClusterFixture {
  readonly group: Partial<GroupDescription>
  readonly commits: readonly Partial<CommittedOffset>[]
  readonly ends: Readonly<Record<string, number>>
}

/** The four calls that lag is read with, and the order in which they came. */
function fakeAdmin(fixture: ClusterFixture): { admin: Admin; calls: string[] } {
  const calls: string[] = []
  const admin: Pick<Admin, 'describeGroups' | 'listGroupOffsets' | 'listOffsets' | 'listTopics'> = {
    describeGroups: async (groupIds) => {
      calls.push('describeGroups')
      return groupIds.map((groupId) => ({
        groupId,
        state: 'Stable',
        protocolType: 'consumer',
        protocol: 'range',
        coordinator,
        members: [],
        ...fixture.group,
      }))
    },
    listGroupOffsets: async () => {
      calls.push('listGroupOffsets')
      return fixture.commits.map((commit) => ({ topic: 't', partition: 0, offset: 0, metadata: '', leaderEpoch: -1, ...commit }))
    },
    listTopics: async () => [{ topic: 't', topicId: 'id', internal: false, partitions: 3 }],
    listOffsets: async (queries: readonly OffsetQuery[]): Promise<ListedOffset[]> => {
      calls.push('listOffsets')
      return queries.map(({ topic, partition }) => ({
        topic,
        partition,
        offset: fixture.ends[partition] ?? 0,
        timestamp: -1,
        leaderEpoch: 0,
      }))
    },
  }
  return { admin: admin as Admin, calls }
}

test('lag is the end minus the commit; what nobody committed is unknown, not 0', async () => {
  const { admin } = fakeAdmin({
    group: {
      members: [
        {
          ...member,
          assignment: [
            { topic: 't', partition: 1 },
            { topic: 't', partition: 0 },
          ],
        },
      ],
    },
    commits: [
      { partition: 0, offset: 4, leaderEpoch: 2 },
      { partition: 2, offset: 7 },
    ],
    ends: { 0: 10, 1: 5, 2: 7 },
  })
  const [lag] = await groupLags(admin, ['g'])
  assert.deepEqual(
    lag?.partitions.map((partition) => [
      partition.partition,
      partition.committedOffset,
      partition.endOffset,
      partition.lag,
      partition.memberId,
      partition.leaderEpoch,
    ]),
    [
      [0, 4, 10, 6, 'm-1', 2],
      [1, null, 5, null, 'm-1', null],
      [2, 7, 7, 0, null, null],
    ],
  )
  assert.equal(lag?.lag, 6)
})

test('commits are read before ends, and a commit beyond the end is no negative lag', async () => {
  const { admin, calls } = fakeAdmin({ group: {}, commits: [{ partition: 0, offset: 12 }], ends: { 0: 10 } })
  const [lag] = await groupLags(admin, ['g'])
  assert.equal(lag?.partitions[0]?.lag, 0)
  assert.ok(calls.indexOf('listGroupOffsets') < calls.indexOf('listOffsets'))
})

test('a commit for a partition that is gone has no end and no lag', async () => {
  const { admin } = fakeAdmin({ group: {}, commits: [{ partition: 9, offset: 3 }], ends: {} })
  const [lag] = await groupLags(admin, ['g'])
  assert.deepEqual([lag?.partitions[0]?.endOffset, lag?.partitions[0]?.lag, lag?.lag], [null, null, null])
})

test('a group that does not exist is Dead, without partitions', async () => {
  const { admin, calls } = fakeAdmin({ group: { state: 'Dead' }, commits: [], ends: {} })
  const [lag] = await groupLags(admin, ['nobody'])
  assert.deepEqual([lag?.group.state, lag?.partitions, lag?.lag], ['Dead', [], null])
  assert.ok(!calls.includes('listGroupOffsets'))
})
