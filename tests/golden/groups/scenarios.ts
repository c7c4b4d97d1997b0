/** What both brokers are asked: the life of groups, and every mistake that their members can make. */

import {
  deleteGroups,
  describeGroups,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  type ListGroupsRequestInput,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  syncGroup,
} from '@odradek/protocol'
import { type Connection, Lab } from './lab.ts'
import { assignment, Member, prepare, subscription } from './requests.ts'

export type Scenario = (lab: Lab, connection: Connection, orders: string) => Promise<void>

const partition = { partitionIndex: 0, committedOffset: 5, committedMetadata: 'note' }
const fetchVersions = [1, 2, 5, 7, 8, 9, 10]

const commits: Scenario = async (lab, connection, orders) => {
  const commit = { groupId: 'simple', memberId: '', topics: [{ name: 'orders', partitions: [partition] }] }
  for (let version = 2; version <= 9; version++) await lab.ask('a simple commit', connection, offsetCommit, version, commit)
  const byId = { ...commit, topics: [{ topicId: orders, partitions: [{ ...partition, committedLeaderEpoch: 3 }] }] }
  await lab.ask('by topic id', connection, offsetCommit, 10, byId)
  await lab.ask('an unknown id', connection, offsetCommit, 10, {
    ...commit,
    topics: [{ topicId: 'bm9ib2R5LWtub3dzLW1lCg', partitions: [partition] }],
  })
  const several = { name: 'orders', partitions: [partition, { ...partition, partitionIndex: 1 }, { ...partition, partitionIndex: 7 }] }
  const topics = [several, { name: 'nothing', partitions: [partition] }]
  await lab.ask('unknown topics and partitions', connection, offsetCommit, 9, { ...commit, topics })
  await lab.ask('only unknown ones', connection, offsetCommit, 9, { ...commit, topics: [{ name: 'nothing', partitions: [partition] }] })
  await lab.ask('no topics', connection, offsetCommit, 9, { ...commit, topics: [] })
  const noted = { ...partition, committedMetadata: 'm'.repeat(4097) }
  await lab.ask('too much metadata', connection, offsetCommit, 9, { ...commit, topics: [{ name: 'orders', partitions: [noted] }] })
  const unnoted = { ...partition, partitionIndex: 1, committedMetadata: null }
  await lab.ask('no metadata', connection, offsetCommit, 9, { ...commit, topics: [{ name: 'orders', partitions: [unnoted] }] })
  await lab.ask('the empty group', connection, offsetCommit, 9, { ...commit, groupId: '' })
  for (const version of [8, 9]) {
    const change = { groupId: 'nothing', generationIdOrMemberEpoch: 1, memberId: 'nobody' }
    await lab.ask('a generation without a group', connection, offsetCommit, version, { ...commit, ...change })
  }
  await lab.ask('a generation of a simple group', connection, offsetCommit, 9, { ...commit, generationIdOrMemberEpoch: 1 })
  await lab.ask('a member of a simple group', connection, offsetCommit, 9, { ...commit, memberId: 'nobody' })
}

const fetches: Scenario = async (lab, connection, orders) => {
  const commit = { groupId: 'fetched', memberId: '', topics: [{ name: 'orders', partitions: [partition] }] }
  await lab.ask('first', connection, offsetCommit, 9, commit)
  for (const version of fetchVersions) {
    for (const groupId of ['fetched', 'nothing', '']) {
      const partitionIndexes = [0, 1, 9]
      const topics = [version === 10 ? { topicId: orders, partitionIndexes } : { name: 'orders', partitionIndexes }]
      const some = version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics: [{ name: 'orders', partitionIndexes }] }
      await lab.ask(`some of '${groupId}'`, connection, offsetFetch, version, some)
      if (version < 2) continue
      const all = version >= 8 ? { groups: [{ groupId, topics: null }] } : { groupId, topics: null }
      await lab.ask(`all of '${groupId}'`, connection, offsetFetch, version, all)
    }
  }
  await lab.ask('an unknown topic', connection, offsetFetch, 7, {
    groupId: 'fetched',
    topics: [{ name: 'nothing', partitionIndexes: [0] }],
  })
  const unknown = [{ topicId: 'bm9ib2R5LWtub3dzLW1lCg', partitionIndexes: [0] }]
  await lab.ask('an unknown topic id', connection, offsetFetch, 10, { groups: [{ groupId: 'fetched', topics: unknown }] })
  const groups = [
    { groupId: 'fetched', topics: null },
    { groupId: 'nothing', topics: null },
  ]
  await lab.ask('several groups, stable', connection, offsetFetch, 9, { groups, requireStable: true })
  await lab.ask('no groups', connection, offsetFetch, 9, { groups: [] })
}

const strangers: Scenario = async (lab, connection) => {
  const join = {
    memberId: '',
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription }],
  }
  for (const version of [0, 3, 5, 7, 9]) {
    const ask = (what: string, change: object): Promise<unknown> =>
      lab.ask(what, connection, joinGroup, version, { groupId: 'strange', ...join, ...change })
    await ask('the empty group', { groupId: '' })
    await ask('a session too short', { sessionTimeoutMs: 100 })
    await ask('a session too long', { sessionTimeoutMs: 100_000_000 })
    await ask('an unknown member', { memberId: 'nobody' })
    await ask('no protocol type', { protocolType: '' })
    await ask('no protocols', { protocols: [] })
  }
  for (const groupId of ['', 'nothing', 'strange']) {
    const self = { groupId, memberId: 'nobody', generationId: 1 }
    await lab.ask(`in '${groupId}'`, connection, heartbeat, 4, self)
    await lab.ask(`in '${groupId}'`, connection, syncGroup, 4, { ...self, assignments: [] })
    await lab.ask(`in '${groupId}'`, connection, syncGroup, 5, { ...self, assignments: [] })
    await lab.ask(`in '${groupId}'`, connection, leaveGroup, 1, { groupId, memberId: 'nobody' })
    await lab.ask(`in '${groupId}'`, connection, leaveGroup, 5, {
      groupId,
      members: [{ memberId: 'nobody' }, { memberId: '', groupInstanceId: 'i' }],
    })
    for (const version of [0, 5, 6]) await lab.ask(`'${groupId}'`, connection, describeGroups, version, { groups: [groupId] })
    await lab.ask(`'${groupId}'`, connection, offsetDelete, 0, {
      groupId,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }],
    })
    await lab.ask(`'${groupId}'`, connection, deleteGroups, 2, { groupsNames: [groupId] })
  }
}

const life: Scenario = async (lab, connection) => {
  const describe = (what: string): Promise<unknown> => lab.ask(what, connection, describeGroups, 6, { groups: ['life'] })
  const first = await Member.connect(lab, 'first', 'life')
  await first.joinAndNote('a new member')
  await first.joinAndNote('with its id')
  await describe('completing')
  await first.commit('before sync', 1)
  await first.sync('leading', { [first.memberId]: assignment })
  await describe('stable')
  await first.heartbeat('stable')
  await first.heartbeat('an older generation', 0)
  await first.commit('stable', 7)
  await first.commit('an older generation', 8, 0)
  await first.commit('no generation', 8, -1)
  const second = await Member.connect(lab, 'second', 'life')
  await second.join()
  const joined = second.join()
  await lab.ask('a stranger', connection, offsetCommit, 9, {
    groupId: 'life',
    memberId: '',
    topics: [{ name: 'orders', partitions: [partition] }],
  })
  for (let left = 50, state = ''; left > 0 && state !== 'PreparingRebalance'; left--) {
    state = (await connection.request(describeGroups, 6, { groups: ['life'] })).groups[0]?.groupState ?? ''
  }
  await first.heartbeat('someone joins')
  await first.commit('rebalancing', 9)
  await first.sync('rebalancing')
  await describe('preparing')
  await first.joinAndNote('rejoining')
  lab.note('second joined', await joined)
  await second.joinAndNote('joining again')
  const parts = { [first.memberId]: assignment, [second.memberId]: Buffer.alloc(0) }
  await first.sync('of two', parts)
  await second.sync('of two')
  await second.sync('again', {}, 3)
  await lab.ask('consumers', connection, offsetDelete, 0, {
    groupId: 'life',
    topics: [
      { name: 'orders', partitions: [{ partitionIndex: 0 }] },
      { name: 'bills', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
      { name: 'nothing', partitions: [{ partitionIndex: 0 }] },
    ],
  })
  await lab.ask('not empty', connection, deleteGroups, 2, { groupsNames: ['life', 'life'] })
  await second.leave('once', 1)
  await second.leave('twice', 1)
  await first.leave('the last')
  await describe('empty')
  await lab.ask('what was committed', connection, offsetFetch, 9, { groups: [{ groupId: 'life', topics: null }] })
  await lab.ask('empty', connection, deleteGroups, 2, { groupsNames: ['life', 'nothing'] })
  await describe('deleted')
}

const statics: Scenario = async (lab, connection) => {
  const one = await Member.connect(lab, 'one', 'statics', { groupInstanceId: 'i1' })
  await one.joinAndNote('static')
  await one.sync('static', { [one.memberId]: assignment })
  const again = await Member.connect(lab, 'again', 'statics', { groupInstanceId: 'i1' })
  await again.joinAndNote('returns')
  await one.heartbeat('fenced')
  await one.commit('fenced', 3)
  await one.sync('fenced')
  await one.joinAndNote('fenced')
  await one.leave('fenced')
  await again.sync('returned')
  await again.heartbeat('returned')
  const third = await Member.connect(lab, 'third', 'statics', { groupInstanceId: 'i1' })
  await third.joinAndNote('returns to an older version', 8)
  await lab.ask('static', connection, describeGroups, 6, { groups: ['statics'] })
  const members = [
    { memberId: '', groupInstanceId: 'i1' },
    { memberId: '', groupInstanceId: 'i2' },
  ]
  await lab.ask('by an administrator', connection, leaveGroup, 5, { groupId: 'statics', members })
  await lab.ask('left', connection, describeGroups, 6, { groups: ['statics'] })
}

const protocols: Scenario = async (lab) => {
  const both = [
    { name: 'range', metadata: subscription },
    { name: 'sticky', metadata: subscription },
  ]
  const first = await Member.connect(lab, 'chooser', 'protocols', { protocols: both })
  await first.joinAndNote('without the round trip', 3)
  await first.sync('other protocol', {}, 4)
  const second = await Member.connect(lab, 'other', 'protocols')
  await second.joinAndNote('another type', 9, { protocolType: 'connect' })
  await second.joinAndNote('no common protocol', 9, { protocols: [{ name: 'mine', metadata: subscription }] })
  await second.joinAndNote('in common', 9, { protocols: [{ name: 'sticky', metadata: subscription }] })
}

const lists: Scenario = async (lab, connection) => {
  const commit = { groupId: 'listed', memberId: '', topics: [{ name: 'orders', partitions: [partition] }] }
  await lab.ask('first', connection, offsetCommit, 9, commit)
  const member = await Member.connect(lab, 'listed', 'listed too')
  await member.join()
  await member.join()
  await member.sync('listed', { [member.memberId]: assignment })
  const states = [['Stable'], ['empty'], ['Dead'], ['stable', 'EMPTY']]
  const types = [['classic'], ['CLASSIC'], ['consumer'], ['nonsense']]
  const list = async (what: string, version: number, filter: ListGroupsRequestInput): Promise<void> => {
    const { errorCode, groups } = await connection.request(listGroups, version, filter)
    // Other scenarios have groups of their own.
    lab.note(`${what}: ListGroups v${version}`, { errorCode, groups: groups.filter(({ groupId }) => groupId.startsWith('listed')) })
  }
  for (let version = 0; version <= 5; version++) await list('all', version, {})
  for (const statesFilter of states) await list(`in ${statesFilter.join()}`, 4, { statesFilter })
  for (const typesFilter of types) await list(`of ${typesFilter.join()}`, 5, { typesFilter })
}

const coordinators: Scenario = async (lab, connection) => {
  for (let version = 0; version <= 3; version++) await lab.ask('one', connection, findCoordinator, version, { key: 'life' })
  for (let version = 4; version <= 6; version++) {
    await lab.ask('several', connection, findCoordinator, version, { keyType: 0, coordinatorKeys: ['life', '', 'statics'] })
  }
  await lab.ask('none', connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: [] })
  await lab.ask('an unknown type', connection, findCoordinator, 4, { keyType: 7, coordinatorKeys: ['life'] })
}

/** Runs one scenario against a broker. */
export async function transcribe(bootstrapServers: string, name: string): Promise<string> {
  await using lab = new Lab(bootstrapServers)
  const connection = await lab.connect()
  const orders = await prepare(lab, connection)
  await scenarios[name]?.(lab, connection, orders)
  return `${lab.transcript.join('\n')}\n`
}

export const scenarios: Readonly<Record<string, Scenario>> = { commits, fetches, strangers, life, statics, protocols, lists, coordinators }
