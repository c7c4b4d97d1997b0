/** Open transactions over what happens to their partitions, their ids and the disk, on a broker in virtual time. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteRecords, deleteTopics, ErrorCodes, findCoordinator, offsetCommit, zeroUuid } from '@odradek/protocol'
import { committedValuesOf } from '../support/batches.ts'
import { createTopic, fetchFrom, one } from '../support/requests.ts'
import { brokerHost, startSimulated, withSimulatedBroker } from '../support/simulated-broker.ts'
import {
  committedOffset,
  describeTransaction,
  fetchCommitted,
  type Identity,
  TransactionalClient,
  whenEnded,
} from '../support/transactional-client.ts'
import type { WireClient } from '../support/wire-client.ts'

const appendTime = { 'message.timestamp.type': 'LogAppendTime' }
const topics = { orders: { configs: appendTime }, billed: { configs: appendTime } }
const oneShard = { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' }
const group = 'billing'
const plenty = 2 ** 40

async function committed(client: WireClient, topic: string, offset = 0): Promise<string[]> {
  return committedValuesOf(await fetchCommitted(client, topic, offset))
}

async function send(producer: TransactionalClient, topic: string, value: string, baseSequence = 0): Promise<void> {
  assert.equal((await producer.send(topic, value, 12, baseSequence)).errorCode, ErrorCodes.NONE)
}

async function end(producer: TransactionalClient, commits: boolean): Promise<void> {
  assert.equal((await producer.end(commits, 5)).errorCode, ErrorCodes.NONE)
  await whenEnded(producer.client, producer.transactionalId)
}

async function deleteTopic(client: WireClient, name: string): Promise<void> {
  const { responses } = await client.request(deleteTopics, 6, { topics: [{ name, topicId: zeroUuid }], timeoutMs: 1000 })
  assert.equal(one(responses).errorCode, ErrorCodes.NONE)
}

/** The transaction's producer, through another connection. */
function resumed(client: WireClient, identity: Identity): TransactionalClient {
  const producer = new TransactionalClient(client)
  producer.identity = identity
  return producer
}

test('records deleted past the beginning of an open transaction: what is stable begins with the log, over a restart and to the commit', async () => {
  const options = { topics, config: oneShard }
  await withSimulatedBroker(options, async ({ client, simulation }) => {
    const producer = await new TransactionalClient(client).init()
    for (const [sequence, value] of ['a', 'b', 'c'].entries()) await send(producer, 'orders', value, sequence)
    const partitions = [{ partitionIndex: 0, offset: 2 }]
    const { topics: deleted } = await client.request(deleteRecords, 2, { topics: [{ name: 'orders', partitions }], timeoutMs: 1000 })
    assert.equal(one(one(deleted).partitions).lowWatermark, 2)
    const bounds = async (from: WireClient): Promise<readonly number[]> => {
      const { logStartOffset, lastStableOffset, highWatermark } = await fetchFrom(from, 'orders', 2, { isolationLevel: 1 })
      return [logStartOffset, lastStableOffset, highWatermark]
    }
    assert.deepEqual(await bounds(client), [2, 2, 3])
    simulation.kill(brokerHost)
    const again = await startSimulated(simulation, options)
    assert.deepEqual(await bounds(again), [2, 2, 3])
    const { state } = await describeTransaction(again)
    assert.equal(state, 'Ongoing')
    const goesOn = resumed(again, producer.identity)
    await send(goesOn, 'orders', 'd', 3)
    await end(goesOn, true)
    assert.deepEqual(await bounds(again), [2, 5, 5])
    assert.deepEqual(await committed(again, 'orders', 2), ['c', 'd'])
  })
})

test('a topic that is deleted inside a transaction does not keep it from its end', async () => {
  await withSimulatedBroker({ topics, config: oneShard }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    await send(producer, 'orders', 'kept')
    await send(producer, 'billed', 'gone')
    await deleteTopic(client, 'billed')
    await end(producer, true)
    assert.deepEqual(await committed(client, 'orders'), ['kept'])
  })
})

for (const commits of [true, false]) {
  test(`a topic that is created again inside a transaction is part of it once it is written to, and of its ${commits ? 'commit' : 'abort'}`, async () => {
    await withSimulatedBroker({ topics, config: oneShard }, async ({ client }) => {
      const producer = await new TransactionalClient(client).init()
      await send(producer, 'billed', 'of the former')
      await deleteTopic(client, 'billed')
      const configs = Object.entries(appendTime).map(([name, value]) => ({ name, value }))
      assert.equal((await createTopic(client, 'billed', { configs })).errorCode, ErrorCodes.NONE)
      await send(producer, 'billed', 'of the latter')
      assert.deepEqual(await committed(client, 'billed'), [])
      await end(producer, commits)
      assert.deepEqual(await committed(client, 'billed'), commits ? ['of the latter'] : [])
      await send(producer, 'billed', 'next')
      await end(producer, true)
      assert.deepEqual(await committed(client, 'billed'), commits ? ['of the latter', 'next'] : ['next'])
    })
  })
}

test('an id that has expired under its producer: it is told so, and goes on when it takes the id up again', async () => {
  const expiry = { 'transactional.id.expiration.ms': '60000', 'transaction.remove.expired.transaction.cleanup.interval.ms': '1000' }
  await withSimulatedBroker({ topics, config: { ...oneShard, ...expiry } }, async ({ client, simulation }) => {
    const producer = await new TransactionalClient(client).init()
    await send(producer, 'orders', 'before')
    await end(producer, true)
    await simulation.sleep(62_000)
    assert.equal((await producer.send('orders', 'lost', 12)).errorCode, ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    assert.equal(await producer.addPartition('orders'), ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    assert.equal((await producer.end(true, 5)).errorCode, ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    await producer.init()
    await send(producer, 'orders', 'after')
    await end(producer, true)
    assert.deepEqual(await committed(client, 'orders'), ['before', 'after'])
  })
})

test('a full disk: both coordinators refuse, are read anew, and go on when there is room', async () => {
  await withSimulatedBroker({ topics, config: oneShard }, async ({ client, simulation }) => {
    await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: [group] })
    const commit = async (offset: number): Promise<number> => {
      const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }]
      const { topics: answers } = await client.request(offsetCommit, 9, {
        groupId: group,
        memberId: '',
        topics: [{ name: 'orders', partitions }],
      })
      return one(one(answers).partitions).errorCode
    }
    const producer = await new TransactionalClient(client).init()
    assert.equal(await commit(1), ErrorCodes.NONE)
    await send(producer, 'orders', 'open')
    assert.equal(await producer.commitOffset(group, 'orders', 5, 5), ErrorCodes.NONE)
    const disk = simulation.disk(brokerHost)
    disk.setCapacity(1)
    const passing = [ErrorCodes.NOT_COORDINATOR, ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS] as number[]
    for (let attempt = 0; attempt < 3; attempt++) {
      for (const errorCode of [await commit(2), (await producer.end(true, 5)).errorCode])
        assert.ok(passing.includes(errorCode), `${errorCode}`)
      await simulation.sleep(1000)
    }
    disk.setCapacity(plenty)
    await simulation.sleep(10_000)
    assert.equal((await describeTransaction(client)).state, 'Ongoing', 'what was refused has not happened')
    const { errorCode } = await committedOffset(client, group, 'orders', true)
    assert.equal(errorCode, ErrorCodes.UNSTABLE_OFFSET_COMMIT)
    assert.equal((await committedOffset(client, group, 'orders', false)).committedOffset, 1)
    await end(producer, true)
    assert.deepEqual(await committed(client, 'orders'), ['open'])
    assert.equal((await committedOffset(client, group, 'orders', true)).committedOffset, 5)
    assert.equal(await commit(6), ErrorCodes.NONE)
  })
})

test('a marker that a disk refuses is written once there is room: until then the transaction is about to end', async () => {
  await withSimulatedBroker({ topics, config: oneShard }, async ({ client, simulation }) => {
    const producer = await new TransactionalClient(client).init()
    await send(producer, 'orders', 'a')
    await send(producer, 'billed', 'b')
    simulation.disk(brokerHost).failNextWrite(/\/orders-0\/.*\.log$/, 'ENOSPC')
    assert.equal((await producer.end(true, 5)).errorCode, ErrorCodes.NONE)
    await simulation.sleep(500)
    assert.equal((await describeTransaction(client)).state, 'PrepareCommit')
    assert.deepEqual(await committed(client, 'orders'), [])
    assert.deepEqual(await committed(client, 'billed'), ['b'])
    await simulation.sleep(2000)
    assert.equal((await describeTransaction(client)).state, 'CompleteCommit')
    assert.deepEqual(await committed(client, 'orders'), ['a'])
  })
})
