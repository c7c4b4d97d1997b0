import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  addPartitionsToTxn,
  ErrorCodes,
  fetch,
  findCoordinator,
  initProducerId,
  listTransactions,
  produce,
  writeTxnMarkers,
} from '@odradek/protocol'
import { coordinatorPartition } from '../../src/coordinator/runtime/java-hash.ts'
import { transactionTopic } from '../../src/coordinator/transaction/transaction-coordinator.ts'
import { startBroker } from '../../src/index.ts'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { fetchRequest, one, send } from '../support/requests.ts'
import { committedOffset, describeTransaction, fetchCommitted, TransactionalClient, whenEnded } from '../support/transactional-client.ts'
import { WireClient } from '../support/wire-client.ts'

const topics = { orders: {}, billed: {} }

test('the first protocol: partitions are added, written to and read once the transaction is committed', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    assert.equal(await producer.addPartition('orders'), ErrorCodes.NONE)
    assert.equal((await producer.send('orders', 'a', 9)).errorCode, ErrorCodes.NONE)
    assert.deepEqual(valuesOf((await fetchCommitted(client, 'orders')).records), [])
    assert.equal((await producer.end(true)).errorCode, ErrorCodes.NONE)
    await whenEnded(client)
    assert.deepEqual(valuesOf((await fetchCommitted(client, 'orders')).records), ['a'])
    assert.equal(await producer.addPartition('orders'), ErrorCodes.NONE)
    assert.equal((await producer.send('orders', 'b', 9, 1)).errorCode, ErrorCodes.NONE)
    await producer.end(false)
    await whenEnded(client)
    const { abortedTransactions } = await fetchCommitted(client, 'orders', 2)
    assert.deepEqual(abortedTransactions, [{ producerId: 0, firstOffset: 2 }])
  })
})

test('a batch of a transaction that its partition is no part of', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    assert.equal((await producer.send('orders', 'x', 10)).errorCode, ErrorCodes.INVALID_TXN_STATE)
    assert.equal((await producer.send('orders', 'x', 11)).errorCode, ErrorCodes.TRANSACTION_ABORTABLE)
    assert.equal((await producer.send('orders', 'x', 12)).errorCode, ErrorCodes.NONE, 'added implicitly')
    const { state, topics: added } = await describeTransaction(client)
    assert.deepEqual([state, added], ['Ongoing', [{ topic: 'orders', partitions: [0] }]])
  })
})

test('the partitions of a request become part of its transaction by one write of the coordinator', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    const partition = coordinatorPartition(producer.transactionalId, 50)
    const endOfStates = async (): Promise<number> => {
      const { responses } = await client.request(fetch, 12, fetchRequest(transactionTopic, { [partition]: 0 }))
      return one(one(responses).partitions).highWatermark
    }
    const before = await endOfStates()
    const topicData = ['orders', 'billed'].map((name) => {
      const records = batchOf(['a'], { ...producer.identity, baseSequence: 0, isTransactional: true })
      return { name, partitionData: [{ index: 0, records }] }
    })
    const request = { transactionalId: producer.transactionalId, acks: -1, timeoutMs: 1000, topicData }
    const { responses } = await client.request(produce, 12, request)
    assert.deepEqual(
      responses.map(({ partitionResponses }) => one(partitionResponses).errorCode),
      [ErrorCodes.NONE, ErrorCodes.NONE],
    )
    assert.equal((await endOfStates()) - before, 1)
    const { topics: added } = await describeTransaction(client)
    assert.deepEqual(added.map(({ topic }) => topic).sort(), ['billed', 'orders'])
  })
})

test('the second protocol bumps the epoch, and what is late of one transaction stays out of the next', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    const late = { ...producer.identity }
    await producer.send('orders', 'a', 12)
    assert.equal((await producer.end(true, 5)).producerEpoch, late.producerEpoch + 1)
    await whenEnded(client)
    assert.equal((await producer.send('orders', 'b', 12)).errorCode, ErrorCodes.NONE)
    const straggler = new TransactionalClient(client)
    straggler.identity = late
    assert.equal((await straggler.send('orders', 'late', 12, 1)).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
    await producer.end(true, 5)
    await whenEnded(client)
    assert.equal(
      (await producer.send('orders', 'x', 12, 5)).errorCode,
      ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
      'each transaction begins with sequence 0',
    )
    assert.deepEqual(valuesOf((await fetchCommitted(client, 'orders')).records), ['a', 'b'])
  })
})

test('offsets take effect with the transaction, and are unstable until then', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['billing'] })
    assert.equal(await producer.commitOffset('billing', 'orders', 7, 3), ErrorCodes.INVALID_TXN_STATE, 'the group is no part of it')
    assert.equal(await producer.addOffsets('billing'), ErrorCodes.NONE)
    assert.equal(await producer.commitOffset('billing', 'orders', 7, 3), ErrorCodes.NONE)
    assert.equal((await committedOffset(client, 'billing', 'orders', true)).errorCode, ErrorCodes.UNSTABLE_OFFSET_COMMIT)
    assert.equal((await committedOffset(client, 'billing', 'orders', false)).committedOffset, -1)
    await producer.end(true)
    await whenEnded(client)
    assert.equal((await committedOffset(client, 'billing', 'orders', true)).committedOffset, 7)
    assert.equal(await producer.addOffsets('billing'), ErrorCodes.NONE)
    await producer.commitOffset('billing', 'orders', 9, 3)
    await producer.end(false)
    await whenEnded(client)
    assert.equal((await committedOffset(client, 'billing', 'orders', true)).committedOffset, 7, 'aborted')
    assert.equal(await producer.commitOffset('billing', 'orders', 11, 5), ErrorCodes.NONE, 'version 5 adds the group')
    await producer.end(true, 5)
    await whenEnded(client)
    assert.equal((await committedOffset(client, 'billing', 'orders', true)).committedOffset, 11)
  })
})

test('an open transaction, its offsets and one that was about to end are taken up again after a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'odradek-transactions-'))
  const options = { dataDir: join(directory, 'data'), topics }
  try {
    const before = await startBroker(options)
    const first = await WireClient.connect(before.port)
    await first.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['billing'] })
    const producer = await new TransactionalClient(first).init()
    await producer.send('orders', 'a', 12)
    await producer.commitOffset('billing', 'orders', 1, 5)
    await first.close()
    await before.close()

    const broker = await startBroker(options)
    const client = await WireClient.connect(broker.port)
    for (const keyType of [0, 1]) await client.request(findCoordinator, 6, { keyType, coordinatorKeys: ['billing', 't'] })
    const again = new TransactionalClient(client)
    again.identity = producer.identity
    assert.equal((await describeTransaction(client)).state, 'Ongoing')
    assert.equal((await committedOffset(client, 'billing', 'orders', true)).errorCode, ErrorCodes.UNSTABLE_OFFSET_COMMIT)
    assert.deepEqual(valuesOf((await fetchCommitted(client, 'orders')).records), [])
    assert.equal((await again.send('orders', 'b', 12, 1)).errorCode, ErrorCodes.NONE)
    assert.equal((await again.end(true, 5)).errorCode, ErrorCodes.NONE)
    await whenEnded(client)
    assert.equal((await committedOffset(client, 'billing', 'orders', true)).committedOffset, 1)
    assert.deepEqual(valuesOf((await fetchCommitted(client, 'orders')).records), ['a', 'b'])
    await client.close()
    await broker.close()
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('old clients are told what they know', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    await new TransactionalClient(client).init()
    assert.equal((await producer.end(true, 1)).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
    assert.equal((await producer.end(true, 2)).errorCode, ErrorCodes.PRODUCER_FENCED)
    const again = { transactionalId: 't', transactionTimeoutMs: 1000, ...producer.identity, producerId: 99 }
    assert.equal((await client.request(initProducerId, 3, again)).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
    assert.equal((await client.request(initProducerId, 4, again)).errorCode, ErrorCodes.PRODUCER_FENCED)
  })
})

test('a fenced producer is told so by partitions and groups that it has yet to write to, in the words of partitions', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const zombie = await new TransactionalClient(client).init()
    await new TransactionalClient(client).init()
    await client.request(findCoordinator, 6, { keyType: 0, coordinatorKeys: ['billing'] })
    for (const version of [11, 12])
      assert.equal((await zombie.send('orders', 'late', version)).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH, `Produce v${version}`)
    for (const version of [4, 5])
      assert.equal(
        await zombie.commitOffset('billing', 'orders', 1, version),
        ErrorCodes.INVALID_PRODUCER_EPOCH,
        `TxnOffsetCommit v${version}`,
      )
  })
})

test('partitions are added all together or not at all', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const { identity } = await new TransactionalClient(client).init()
    const { resultsByTopicV3AndBelow } = await client.request(addPartitionsToTxn, 3, {
      transactions: [],
      v3AndBelowTransactionalId: 't',
      v3AndBelowProducerId: identity.producerId,
      v3AndBelowProducerEpoch: identity.producerEpoch,
      v3AndBelowTopics: [{ name: 'orders', partitions: [0, 9] }],
    })
    assert.deepEqual(
      one(resultsByTopicV3AndBelow).resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
      [ErrorCodes.OPERATION_NOT_ATTEMPTED, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    )
    assert.equal((await describeTransaction(client)).state, 'Empty')
  })
})

test('several transactions in one request, and the question whether partitions are part of one', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const { identity } = await new TransactionalClient(client).init()
    const ask = async (version: number, verifyOnly: boolean, partition: number): Promise<number> => {
      const transactions = [{ transactionalId: 't', ...identity, verifyOnly, topics: [{ name: 'orders', partitions: [partition] }] }]
      const { resultsByTransaction } = await client.request(addPartitionsToTxn, version, unused(transactions))
      return one(one(one(resultsByTransaction).topicResults).resultsByPartition).partitionErrorCode
    }
    assert.equal(await ask(4, true, 0), ErrorCodes.TRANSACTION_ABORTABLE)
    assert.equal(await ask(5, false, 0), ErrorCodes.NONE)
    assert.equal(await ask(4, true, 0), ErrorCodes.NONE)
  })
})

test('a transaction that hangs is found and aborted by its markers', async () => {
  await withBroker({ topics }, async ({ client }) => {
    const producer = await new TransactionalClient(client).init()
    await producer.send('orders', 'stuck', 12)
    await send(client, 'orders', batchOf(['behind']))
    assert.deepEqual(valuesOf((await fetchCommitted(client, 'orders')).records), [])
    const partitions = [{ name: 'orders', partitionIndexes: [0] }]
    const marker = { ...producer.identity, transactionResult: false, topics: partitions, coordinatorEpoch: 0 }
    const { markers } = await client.request(writeTxnMarkers, 1, { markers: [marker] })
    assert.equal(one(one(one(markers).topics).partitions).errorCode, ErrorCodes.NONE)
    const { records, abortedTransactions } = await fetchCommitted(client, 'orders')
    assert.deepEqual(valuesOf(records), ['stuck', 'behind'])
    assert.deepEqual(abortedTransactions, [{ producerId: producer.identity.producerId, firstOffset: 0 }])
  })
})

test('transactions are listed by state, producer, age and pattern', async () => {
  await withBroker({ topics }, async ({ client }) => {
    await new TransactionalClient(client, 'billing-1').init()
    const open = await new TransactionalClient(client, 'billing-2').init()
    await open.send('orders', 'a', 12)
    const ids = async (filter: object, version = 2): Promise<string[]> => {
      const request = { stateFilters: [], producerIdFilters: [], ...filter }
      let answer = await client.request(listTransactions, version, request)
      while (answer.errorCode === ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS) answer = await client.request(listTransactions, version, request)
      const { errorCode, transactionStates } = answer
      assert.equal(errorCode, ErrorCodes.NONE)
      return transactionStates.map(({ transactionalId }) => transactionalId).sort()
    }
    assert.deepEqual(await ids({}), ['billing-1', 'billing-2'])
    assert.deepEqual(await ids({ stateFilters: ['Ongoing', 'NoSuchState'] }), ['billing-2'])
    assert.deepEqual(await ids({ producerIdFilters: [0] }), ['billing-1'])
    assert.deepEqual(await ids({ durationFilter: 3_600_000, stateFilters: ['Ongoing'] }, 1), [])
    assert.deepEqual(await ids({ transactionalIdPattern: '.*-2' }), ['billing-2'])
    assert.deepEqual(await ids({ transactionalIdPattern: '-2' }), [], 'the whole id has to match')
    const broken = { stateFilters: [], producerIdFilters: [], transactionalIdPattern: '(' }
    assert.equal((await client.request(listTransactions, 2, broken)).errorCode, ErrorCodes.INVALID_REGULAR_EXPRESSION)
    const unknown = await client.request(listTransactions, 0, { stateFilters: ['NoSuchState'], producerIdFilters: [] })
    assert.deepEqual(unknown.unknownStateFilters, ['NoSuchState'])
  })
})

/** Fields that the request's version does not carry. */
function unused<Transactions>(transactions: Transactions): {
  transactions: Transactions
  v3AndBelowTransactionalId: string
  v3AndBelowProducerId: number
  v3AndBelowProducerEpoch: number
  v3AndBelowTopics: []
} {
  return { transactions, v3AndBelowTransactionalId: '', v3AndBelowProducerId: 0, v3AndBelowProducerEpoch: 0, v3AndBelowTopics: [] }
}
