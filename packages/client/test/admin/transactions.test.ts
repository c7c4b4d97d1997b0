import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTransactions, ErrorCodes, findCoordinator, initProducerId, listTransactions } from '@odradek/protocol'
import { AggregateKafkaError, BrokerError, ConfigError } from '../../src/index.ts'
import { startAdmin } from './support.ts'

test('transactional ids are asked of every node, with what filters them', async () => {
  await using admin = startAdmin([1, 2])
  const { cluster } = admin
  cluster.on(listTransactions, (_request, { node }) => ({
    throttleTimeMs: 0,
    errorCode: 0,
    unknownStateFilters: [],
    transactionStates: [{ transactionalId: node === 1 ? 'b' : 'a', producerId: node, transactionState: node === 1 ? 'Ongoing' : 'Novel' }],
  }))
  const filter = { states: ['Ongoing'], producerIds: [1], runningLongerThanMs: 60_000, transactionalIdPattern: 'a|b' } as const
  assert.deepEqual(await admin.settled(admin.client.listTransactions(filter)), [
    { transactionalId: 'a', producerId: 2, state: 'Unknown', coordinatorId: 2 },
    { transactionalId: 'b', producerId: 1, state: 'Ongoing', coordinatorId: 1 },
  ])
  assert.deepEqual(cluster.of(listTransactions)[0], {
    stateFilters: ['Ongoing'],
    producerIdFilters: [1],
    durationFilter: 60_000,
    transactionalIdPattern: 'a|b',
  })
  cluster.on(listTransactions, () => ({ throttleTimeMs: 0, errorCode: 0, unknownStateFilters: ['Ongoing'], transactionStates: [] }))
  assert.ok((await admin.failed(admin.client.listTransactions(filter))) instanceof ConfigError)
})

const state = { transactionTimeoutMs: 60_000, transactionStartTimeMs: 5, producerId: 7, producerEpoch: 1 }

test('a transactional id is described by its coordinator, and by the next one where it has moved', async () => {
  await using admin = startAdmin([1, 2])
  const { cluster } = admin
  let coordinator = 1
  cluster.on(findCoordinator, ({ keyType, coordinatorKeys }) => {
    assert.equal(keyType, 1)
    return {
      coordinators: coordinatorKeys.map((key) => ({
        key,
        nodeId: coordinator,
        host: 'fake',
        port: 9000 + coordinator,
        errorCode: 0,
        errorMessage: null,
      })),
    }
  })
  cluster.on(describeTransactions, ({ transactionalIds }, { node }) => {
    coordinator = 2
    return {
      throttleTimeMs: 0,
      transactionStates: transactionalIds.map((transactionalId) => ({
        ...state,
        errorCode: node === 2 ? 0 : ErrorCodes.NOT_COORDINATOR,
        transactionalId,
        transactionState: 'Ongoing',
        topics: [{ topic: 't', partitions: [0, 3] }],
      })),
    }
  })
  assert.deepEqual(await admin.settled(admin.client.describeTransactions(['x'])), [
    {
      transactionalId: 'x',
      coordinatorId: 2,
      state: 'Ongoing',
      producerId: 7,
      producerEpoch: 1,
      timeoutMs: 60_000,
      startTimestampMs: 5,
      partitions: [
        { topic: 't', partition: 0 },
        { topic: 't', partition: 3 },
      ],
    },
  ])
})

test('an id that is not there has an error of its own', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  cluster.on(describeTransactions, ({ transactionalIds }) => ({
    throttleTimeMs: 0,
    transactionStates: transactionalIds.map((transactionalId) => ({
      ...state,
      errorCode: transactionalId === 'gone' ? ErrorCodes.TRANSACTIONAL_ID_NOT_FOUND : 0,
      transactionalId,
      transactionState: 'Empty',
      topics: [],
    })),
  }))
  const one = await admin.failed(admin.client.describeTransactions(['gone']))
  assert.ok(one instanceof BrokerError && one.code === 'TRANSACTIONAL_ID_NOT_FOUND')
  const some = await admin.failed(admin.client.describeTransactions(['here', 'gone']))
  assert.ok(some instanceof AggregateKafkaError && some.failures.length === 1 && some.failures[0]?.resource === 'gone')
})

test('producers are fenced by taking their id up, once what is open has ended', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  let attempts = 0
  cluster.on(initProducerId, () => ({
    throttleTimeMs: 0,
    errorCode: attempts++ === 0 ? ErrorCodes.CONCURRENT_TRANSACTIONS : 0,
    producerId: 7,
    producerEpoch: 3,
  }))
  assert.deepEqual(await admin.settled(admin.client.fenceProducers(['x'])), [{ transactionalId: 'x', producerId: 7, producerEpoch: 3 }])
  const asked = cluster
    .of(initProducerId)
    .map(({ transactionalId, producerId, producerEpoch }) => [transactionalId, producerId, producerEpoch])
  assert.deepEqual(asked, [
    ['x', -1, -1],
    ['x', -1, -1],
  ])
})
