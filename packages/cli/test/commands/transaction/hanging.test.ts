import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Admin, BrokerError, type TransactionDescription } from '@odradek/client'
import { findHanging } from '../../../src/commands/transaction/hanging.ts'

const nowMs = 1_700_000_000_000
const partition = { topic: 't', partition: 0 }

type TransactionQueries = Pick<Admin, 'describeProducers' | 'listTransactions' | 'describeTransactions'>

/** One producer with a transaction open on t-0, and what coordinators know of it. */
function cluster(transaction: Partial<TransactionDescription> | 'expired' | undefined, lastTimestamp = nowMs - 60_001): TransactionQueries {
  const producer = { producerId: 7, producerEpoch: 1, lastSequence: 0, lastTimestamp, coordinatorEpoch: 0, transactionStartOffset: 5 }
  const idle = { ...producer, producerId: 8, transactionStartOffset: -1 }
  const described: TransactionDescription = {
    transactionalId: 'x',
    coordinatorId: 1,
    state: 'Ongoing',
    producerId: 7,
    producerEpoch: 1,
    timeoutMs: 60_000,
    startTimestampMs: 0,
    partitions: [partition],
    ...(typeof transaction === 'object' ? transaction : {}),
  }
  const admin: TransactionQueries = {
    describeProducers: () => Promise.resolve([{ ...partition, producers: [producer, idle] }]),
    listTransactions: ({ producerIds } = {}) => {
      assert.deepEqual(producerIds, [7])
      return Promise.resolve(transaction === undefined ? [] : [described])
    },
    describeTransactions: () =>
      transaction === 'expired' ? Promise.reject(new BrokerError('TRANSACTIONAL_ID_NOT_FOUND', 105, 'gone')) : Promise.resolve([described]),
  }
  return admin
}

async function reasons(admin: TransactionQueries): Promise<string[]> {
  return (await findHanging(admin, [partition], 60_000, nowMs)).map(({ reason }) => reason)
}

test('what a coordinator will end does not hang', async () => {
  assert.deepEqual(await reasons(cluster({})), [])
  assert.deepEqual(await reasons(cluster({ state: 'PrepareAbort' })), [])
})

test('what no coordinator knows of hangs, or knows without the partition', async () => {
  assert.deepEqual(await reasons(cluster(undefined)), ['no transactional id has this producer'])
  assert.deepEqual(await reasons(cluster('expired')), ['no transactional id has this producer'])
  assert.deepEqual(await reasons(cluster({ state: 'Empty', partitions: [] })), ['its coordinator has it as Empty, without this partition'])
})

test('what was written to a moment ago may be under way', async () => {
  assert.deepEqual(await reasons(cluster(undefined, nowMs - 60_000)), [])
})
