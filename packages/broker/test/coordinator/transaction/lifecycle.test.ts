import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { settle } from '../support/manual-clock.ts'
import { codeOf, TransactionBench } from '../support/transaction-bench.ts'

test('an end is answered once it is written down, and its markers are written after that', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer, 0)
  await bench.add(producer, 3)
  bench.log.autoFlush = false
  let isAnswered = false
  const ended = bench.end(producer, true).then(() => {
    isAnswered = true
  })
  await settle()
  assert.equal(isAnswered, false)
  assert.deepEqual(bench.markers, [], 'a crash now must leave the transaction open')
  bench.log.flushOne()
  await ended
  await settle()
  assert.deepEqual(
    bench.markers.map(({ partition }) => partition).sort((one, other) => one - other),
    [0, 3],
  )
})

for (const commits of [true, false]) {
  test(`killed between any two of the coordinator’s own appends for ${commits ? 'a commit' : 'an abort'}, it ends the transaction or leaves it open`, async () => {
    for (let durable = 0; ; durable++) {
      const bench = await new TransactionBench().start()
      const producer = await bench.init()
      await bench.add(producer, 0)
      await bench.add(producer, 1)
      const before = bench.log.batches.length
      bench.log.autoFlush = false
      void bench.end(producer, commits).catch(() => undefined)
      for (let flushed = 0; flushed < durable; flushed++) {
        bench.log.flushOne()
        await settle()
      }
      const appended = bench.log.batches.length - before
      const after = await bench.crash()
      await settle()
      const markers = [...bench.markers, ...after.markers]
      if (durable === 0) {
        assert.equal(await after.state(), 'Ongoing')
        assert.deepEqual(markers, [])
      } else {
        assert.equal(await after.state(), commits ? 'CompleteCommit' : 'CompleteAbort')
        assert.deepEqual(
          [...new Set(markers.map(({ partition }) => partition))].sort((one, other) => one - other),
          [0, 1],
        )
        assert.ok(markers.every(({ type }) => type === (commits ? 'COMMIT' : 'ABORT')))
      }
      after.transactions.close()
      if (durable > appended) return
    }
  })
}

test('markers are tried again until every partition has one', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer, 0)
  bench.markerOutcome = 'again'
  const next = await bench.end(producer, false)
  await bench.clock.advance(350)
  assert.equal(await bench.state(), 'PrepareAbort')
  bench.markerOutcome = 'done'
  await bench.clock.advance(100)
  assert.equal(await bench.state(), 'CompleteAbort')
  assert.equal(bench.markers.length, 1)
  await bench.add(next, 2)
})

test('a transaction begins without the partitions of the one before', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer, 0)
  const next = await bench.end(producer, true)
  await settle()
  await bench.add(next, 1)
  await bench.end(next, true)
  await settle()
  assert.deepEqual(
    bench.markers.map(({ partition, producerEpoch }) => [partition, producerEpoch]),
    [
      [0, 1],
      [1, 2],
    ],
  )
})

test('a partition that knows a newer coordinator ends the attempt', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer)
  bench.markerOutcome = 'fenced'
  await bench.end(producer, true)
  bench.markerOutcome = 'done'
  await bench.clock.advance(1000)
  assert.deepEqual(bench.markers, [])
})

test('a transaction that is open for too long is aborted, and its producer fenced', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init(undefined, 25_000)
  await bench.add(producer)
  await bench.clock.advance(20_000)
  assert.equal(await bench.state(), 'Ongoing')
  await bench.clock.advance(10_000)
  assert.equal(await bench.state(), 'CompleteAbort')
  assert.deepEqual(
    bench.markers.map(({ type, producerEpoch }) => ({ type, producerEpoch })),
    [{ type: 'ABORT', producerEpoch: 1 }],
  )
  assert.equal(await codeOf(bench.add(producer)), ErrorCodes.PRODUCER_FENCED)
  assert.equal(await codeOf(bench.end(producer, true)), ErrorCodes.INVALID_TXN_STATE)
})

test('an id that is not used for long is forgotten, one with an open transaction is not', async () => {
  const week = 604_800_000
  const bench = await new TransactionBench({ config: { maxTimeoutMs: 10 * week } }).start()
  const producer = await bench.init(undefined, 2 * week)
  await bench.init(undefined, 1000, 'idle')
  await bench.add(producer)
  await bench.clock.advance(week + 3_600_000)
  assert.deepEqual(
    (await bench.transactions.list()).map(({ transactionalId }) => transactionalId),
    ['t'],
  )
  const after = await bench.crash()
  assert.equal(await codeOf(after.transactions.describe('idle')), ErrorCodes.TRANSACTIONAL_ID_NOT_FOUND)
  assert.deepEqual(await after.init(undefined, 1000, 'idle'), { producerId: 2, producerEpoch: 0 })
})

test('all of it is there after a restart', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init(undefined, 30_000)
  await bench.add(producer, 4)
  const before = await bench.transactions.describe('t')
  const after = await bench.crash()
  assert.deepEqual(await after.transactions.describe('t'), before)
  assert.equal(await after.transactions.verify('t', producer, 'orders', 4), ErrorCodes.NONE)
  assert.equal(await after.transactions.verify('t', producer, 'orders', 5), ErrorCodes.TRANSACTION_ABORTABLE)
})

test('whoever waits for a transaction to end is woken as it ends, and after the time-out at the latest', async () => {
  const bench = await new TransactionBench().start()
  const producer = await bench.init()
  await bench.add(producer)
  let woken = 0
  const wait = (): Promise<void> => bench.transactions.whenEnded('t', 20).then(() => void woken++)
  const [first, second] = [wait(), wait()]
  await bench.end(producer, true)
  await Promise.all([first, second])
  assert.deepEqual([woken, bench.clock.monotonicMs()], [2, 0])
  const third = wait()
  await bench.clock.advance(19)
  assert.equal(woken, 2)
  await bench.clock.advance(1)
  await third
})
