import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { decideEnd } from '../../../src/coordinator/transaction/end-transaction.ts'
import { decideInit } from '../../../src/coordinator/transaction/init-producer.ts'
import type { Transaction } from '../../../src/coordinator/transaction/transaction.ts'
import { completed, initialised, newTransaction, withPartitions } from '../../../src/coordinator/transaction/transaction.ts'
import { settle } from '../support/manual-clock.ts'
import { codeOf, TransactionBench } from '../support/transaction-bench.ts'

const {
  CONCURRENT_TRANSACTIONS,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_REQUEST,
  INVALID_TRANSACTION_TIMEOUT,
  INVALID_TXN_STATE,
  PRODUCER_FENCED,
} = ErrorCodes

test('each producer that takes an id up fences the one before', async () => {
  const bench = await new TransactionBench().start()
  const first = await bench.init()
  assert.deepEqual(first, { producerId: 0, producerEpoch: 0 })
  const second = await bench.init()
  assert.deepEqual(second, { producerId: 0, producerEpoch: 1 })
  assert.equal(await codeOf(bench.add(first)), PRODUCER_FENCED)
  assert.equal(await codeOf(bench.end(first, true)), PRODUCER_FENCED)
  await bench.add(second)
})

test('a successor aborts what is open, in an epoch of nobody, and is told to ask again', async () => {
  const bench = await new TransactionBench().start()
  await bench.add(await bench.init())
  bench.markerOutcome = 'never'
  assert.equal(await codeOf(bench.init()), CONCURRENT_TRANSACTIONS)
  assert.equal(await bench.state(), 'PrepareAbort')
  assert.equal(await codeOf(bench.init()), CONCURRENT_TRANSACTIONS, 'while the markers are being written')
  const again = await bench.crash()
  await settle()
  assert.deepEqual(
    again.markers.map(({ type, producerEpoch, coordinatorEpoch }) => ({ type, producerEpoch, coordinatorEpoch })),
    [{ type: 'ABORT', producerEpoch: 1, coordinatorEpoch: 7 }],
  )
  assert.deepEqual(await again.init(), { producerId: 0, producerEpoch: 2 })
})

test('a producer that goes on after an error keeps its place; a repeated request gets the same answer', async () => {
  const bench = await new TransactionBench().start()
  const first = await bench.init()
  const bumped = await bench.init(first)
  assert.deepEqual(bumped, { producerId: 0, producerEpoch: 1 })
  assert.deepEqual(await bench.init(first), bumped, 'the answer was lost')
  assert.deepEqual(await bench.init(bumped), { producerId: 0, producerEpoch: 2 })
  assert.equal(await codeOf(bench.init(first)), PRODUCER_FENCED)
  await bench.init()
  assert.equal(await codeOf(bench.init({ producerId: 0, producerEpoch: 2 })), PRODUCER_FENCED, 'a successor came in between')
  assert.equal(await codeOf(bench.init({ producerId: 99, producerEpoch: 3 })), PRODUCER_FENCED)
})

test('the second protocol bumps the epoch with each end, and knows a repetition by it', async () => {
  const bench = await new TransactionBench().start()
  const first = await bench.init()
  await bench.add(first)
  const second = await bench.end(first, true)
  assert.deepEqual(second, { producerId: 0, producerEpoch: 1 })
  assert.deepEqual(
    bench.markers.map(({ type, producerEpoch }) => ({ type, producerEpoch })),
    [{ type: 'COMMIT', producerEpoch: 1 }],
  )
  await settle()
  assert.deepEqual(await bench.end(first, true), second, 'repeated')
  assert.equal(await codeOf(bench.end(first, false)), INVALID_TXN_STATE)
  assert.equal(await codeOf(bench.end(second, true)), INVALID_TXN_STATE, 'there is nothing to commit')
  const third = await bench.end(second, false)
  assert.deepEqual(third, { producerId: 0, producerEpoch: 2 }, 'an abort of nothing is one')
  assert.equal(await codeOf(bench.add(first)), PRODUCER_FENCED, 'late of an earlier transaction')
})

test('the first protocol keeps the epoch', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer, 0, 0)
  assert.deepEqual(await bench.end(producer, false, 0), producer)
  await settle()
  assert.equal(await bench.state(), 'CompleteAbort')
  assert.deepEqual(await bench.end(producer, false, 0), producer, 'repeated')
  assert.equal(await codeOf(bench.end(producer, true, 0)), INVALID_TXN_STATE)
  await bench.add(producer, 1, 0)
  assert.deepEqual(
    bench.markers.map(({ type, producerEpoch }) => ({ type, producerEpoch })),
    [{ type: 'ABORT', producerEpoch: 0 }],
  )
})

test('while markers are being written the same end is told to wait, the other is refused', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer)
  bench.markerOutcome = 'never'
  const next = await bench.end(producer, true)
  assert.equal(await codeOf(bench.end(producer, true)), CONCURRENT_TRANSACTIONS)
  assert.equal(await codeOf(bench.end(producer, false)), INVALID_TXN_STATE)
  assert.equal(await codeOf(bench.add(next)), CONCURRENT_TRANSACTIONS)
})

test('requests that cannot be meant', async () => {
  const bench = await new TransactionBench({ config: { maxTimeoutMs: 1000 } }).start()
  assert.equal(await codeOf(bench.init(undefined, 1001)), INVALID_TRANSACTION_TIMEOUT)
  assert.equal(await codeOf(bench.init(undefined, 0)), INVALID_TRANSACTION_TIMEOUT)
  assert.equal(await codeOf(bench.init(undefined, 1000, '')), INVALID_REQUEST)
  assert.equal(await codeOf(bench.add({ producerId: 0, producerEpoch: 0 })), INVALID_PRODUCER_ID_MAPPING)
  await bench.init(undefined, 1000)
  assert.equal(await codeOf(bench.add({ producerId: 1, producerEpoch: 0 })), INVALID_PRODUCER_ID_MAPPING)
  assert.equal(await codeOf(bench.end({ producerId: 1, producerEpoch: 0 }, true)), INVALID_PRODUCER_ID_MAPPING)
})

const exhausted: Transaction = initialised(newTransaction('t', 5), { producerId: 5, producerEpoch: 32_766 }, 1000, 1)

test('when the epochs are used up, a new producer id goes on', () => {
  const request = { timeoutMs: 1000, expected: undefined, lastEpoch: -1 }
  assert.equal(decideInit(exhausted, request, undefined, 2), 'needs-producer-id')
  const decision = decideInit(exhausted, request, 6, 2)
  assert.ok(typeof decision === 'object')
  assert.deepEqual(pick(decision.transaction), { producerId: 6, producerEpoch: 0, previousProducerId: 5, nextProducerId: -1 })
})

test('an end with the last epoch announces the new id, and its repetition is known by the old one', () => {
  const open = withPartitions(exhausted, new Map([['orders', new Set([0])]]), 2, 2)
  const request = { producerId: 5, producerEpoch: 32_766, commits: true, clientTransactionVersion: 2 }
  assert.equal(decideEnd(open, request, undefined, 3), 'needs-producer-id')
  const prepared = decideEnd(open, request, 6, 3)
  assert.ok(typeof prepared === 'object')
  assert.deepEqual(pick(prepared), { producerId: 5, producerEpoch: 32_767, previousProducerId: 5, nextProducerId: 6 })
  const done = completed(prepared, 4)
  assert.deepEqual(pick(done), { producerId: 6, producerEpoch: 0, previousProducerId: 5, nextProducerId: -1 })
  assert.equal(decideEnd(done, request, undefined, 5), 'done')
})

function pick({ producerId, producerEpoch, previousProducerId, nextProducerId }: Transaction): Partial<Transaction> {
  return { producerId, producerEpoch, previousProducerId, nextProducerId }
}
