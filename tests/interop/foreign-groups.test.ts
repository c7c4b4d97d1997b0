// What kafka-consumer-groups changes: offsets reset, exported, deleted, groups listed by state and type, and deleted; against living members too.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTopics, offsetCommit } from '@odradek/protocol'
import { type Connection, Lab } from '../golden/groups/lab.ts'
import { assignment, Member, prepare } from '../golden/groups/requests.ts'
import { KafkaToolRunner } from './harness/kafka-tools.ts'
import { startSubject } from './harness/subject.ts'

const subject = await startSubject()
const tools = new KafkaToolRunner()
const lab = new Lab(subject.bootstrapServers)
let connection: Connection
before(async () => {
  connection = await lab.connect()
  await prepare(lab, connection)
  await commit('batch', 'orders', 0)
})
after(async () => {
  await lab[Symbol.asyncDispose]()
  await tools.stop()
  await subject.close()
})

async function commit(groupId: string, topic: string, offset: number): Promise<void> {
  const partitions = [0, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: offset, committedMetadata: '' }))
  await connection.request(offsetCommit, 9, { groupId, memberId: '', topics: [{ name: topic, partitions }] })
}

async function consumerGroups(...args: string[]): Promise<string> {
  const { stdout, stderr } = await tools.run('kafka-consumer-groups', ['--bootstrap-server', subject.bootstrapServers, ...args])
  return `${stdout}\n${stderr}`
}

test('groups are listed with their states and types, and by them', async () => {
  const member = await Member.connect(lab, 'worker', 'living')
  await member.join()
  await member.join()
  await member.sync('living', { [member.memberId]: assignment })
  assert.match(await consumerGroups('--list', '--state'), /^living\s+Stable/m)
  const empty = await consumerGroups('--list', '--state', 'Empty')
  assert.match(empty, /^batch\s+Empty/m)
  assert.doesNotMatch(empty, /living/)
  assert.match(await consumerGroups('--list', '--type', 'classic'), /^living\s+Classic/im)
  assert.match(
    await consumerGroups('--describe', '--group', 'living', '--members', '--verbose'),
    /^living\s+worker-\S+\s+\/127\.0\.0\.1\s+worker\s+1\s.*orders:0|orders\(0\)/m,
  )
  assert.match(await consumerGroups('--describe', '--all-groups', '--state'), /^living\s.*\srange\s+Stable\s+1/m)
})

test('a living group is not touched', async () => {
  assert.match(await consumerGroups('--delete', '--group', 'living'), /GroupNotEmptyException/)
  const reset = ['--reset-offsets', '--group', 'living', '--topic', 'orders', '--to-earliest', '--execute']
  assert.match(await consumerGroups(...reset), /inactive.*current state is Stable/)
  assert.match(
    await consumerGroups('--delete-offsets', '--group', 'living', '--topic', 'orders'),
    /GroupSubscribedToTopicException|subscribed/i,
  )
})

test('offsets of an empty group are reset, exported and deleted', async () => {
  await connection.request(createTopics, 7, { topics: [] })
  const reset = ['--reset-offsets', '--group', 'batch', '--topic', 'orders']
  assert.match(await consumerGroups(...reset, '--to-offset', '0', '--execute'), /^batch\s+orders\s+[01]\s+0/m)
  assert.match(await consumerGroups(...reset, '--to-latest', '--dry-run', '--export'), /"?orders"?,[01],0/)
  await commit('batch', 'bills', 0)
  assert.match(await consumerGroups('--describe', '--group', 'batch', '--offsets'), /^batch\s+bills\s+1\s+0\s+0\s+0/m)
  assert.match(await consumerGroups('--delete-offsets', '--group', 'batch', '--topic', 'bills'), /bills\s+1\s+Successful/)
  assert.doesNotMatch(await consumerGroups('--describe', '--group', 'batch', '--offsets'), /bills/)
})

test('an empty group is deleted, and unknown ones are said to be unknown', async () => {
  assert.match(await consumerGroups('--delete', '--group', 'batch'), /Deletion of requested consumer groups \('batch'\) was successful/)
  assert.doesNotMatch(await consumerGroups('--list'), /batch/)
  assert.match(await consumerGroups('--delete', '--group', 'batch'), /GroupIdNotFoundException/)
  assert.match(await consumerGroups('--describe', '--group', 'batch'), /does not exist|not found/)
})
