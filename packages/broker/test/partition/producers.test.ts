/** Idempotent and transactional producers: duplicates, fencing, sequences, the last stable offset and the aborted list. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ErrorCodes } from '@odradek/protocol'
import { createSimulation } from '@odradek/runtime/sim'
import type { Simulation } from '@odradek/runtime/sim'

import type { AppendResult } from '../../src/partition/types.ts'
import type { OpenPartition, SetUp } from '../storage/support.ts'
import { decodeRecords, markerOf, numbered, openPartition, produce } from '../storage/support.ts'

const maxSequence = 2 ** 31 - 1

interface Sent {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly isTransactional?: boolean
  /** The coordinator has said that the transaction may begin here. Default: when it is transactional. */
  readonly isAdmitted?: boolean
  readonly count?: number
}

function send({ runtime, partition }: OpenPartition, baseSequence: number, sent: Sent = {}): AppendResult {
  const { count = 2, producerId = 1, producerEpoch = 0, isTransactional = false, isAdmitted = isTransactional } = sent
  if (isAdmitted) partition.admit(producerId, { producerEpoch, errorCode: ErrorCodes.NONE, beginsAtZero: false })
  return partition.append(numbered(runtime, 0, count, { producerId, producerEpoch, baseSequence, isTransactional }), { origin: 'client' })
}

function end(
  { runtime, partition }: OpenPartition,
  type: 'COMMIT' | 'ABORT',
  producerId: number,
  epoch: number = 0,
  coordinatorEpoch: number = 0,
): AppendResult {
  return partition.append(markerOf(runtime, type, producerId, epoch, coordinatorEpoch), { origin: 'coordinator' })
}

async function onPartition(run: (open: OpenPartition, simulation: Simulation) => Promise<void> | void, setUp: SetUp = {}): Promise<void> {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const open = await openPartition(simulation.runtime('broker'), '/data', setUp)
    await run(open, simulation)
    await open.close()
  })
}

test('each of the last five batches is known again, with its offset; an older one is out of order', async () => {
  await onPartition((open) => {
    for (let at = 0; at < 6; at++) assert.equal(send(open, at * 2).baseOffset, at * 2)
    for (let at = 1; at < 6; at++) {
      const again = send(open, at * 2)
      assert.deepEqual([again.errorCode, again.baseOffset, again.lastOffset], [0, at * 2, at * 2 + 1])
    }
    assert.equal(send(open, 0).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert.equal(send(open, 10, { count: 1 }).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, 'another length is no duplicate')
    assert.equal(open.partition.logEndOffset, 12)
  })
})

test('a gap is out of order, an unknown producer starts anywhere, sequences wrap to 0', async () => {
  await onPartition((open) => {
    assert.equal(send(open, maxSequence - 1).errorCode, 0)
    assert.equal(send(open, 1).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert.equal(send(open, 0).errorCode, 0)
    assert.equal(send(open, 3).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert.equal(send(open, 2).errorCode, 0)
    assert.equal(send(open, maxSequence, { producerId: 2, count: 3 }).errorCode, 0, 'a batch may wrap within')
    assert.equal(send(open, 2, { producerId: 2 }).errorCode, 0)
  })
})

test('an older epoch is fenced; a newer one starts at 0', async () => {
  await onPartition((open) => {
    assert.equal(send(open, 0, { producerEpoch: 3 }).errorCode, 0)
    assert.equal(send(open, 2, { producerEpoch: 2 }).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
    assert.equal(send(open, 2, { producerEpoch: 4 }).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    assert.equal(send(open, 0, { producerEpoch: 4 }).errorCode, 0)
    assert.equal(
      send(open, 0, { producerEpoch: 3 }).errorCode,
      ErrorCodes.INVALID_PRODUCER_EPOCH,
      'a duplicate of a fenced epoch is fenced',
    )
  })
})

test('producers survive a clean restart and a crash', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const reopen = (): Promise<OpenPartition> => openPartition(simulation.runtime('broker'), '/data', { config: { segmentBytes: 400 } })
    let open = await reopen()
    for (let at = 0; at < 10; at++) send(open, at * 2)
    await open.partition.whenDurable(19)
    await open.close()
    open = await reopen()
    assert.equal(send(open, 18).baseOffset, 18, 'the last batch is known again')
    assert.equal(send(open, 20).baseOffset, 20)
    await open.partition.whenDurable(21)
    simulation.kill('broker')
    open = await reopen()
    assert.equal(send(open, 20).baseOffset, 20)
    assert.equal(send(open, 30).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    await open.close()
  })
})

test('the last stable offset waits for the first open transaction, and the aborted are listed', async () => {
  await onPartition(async (open) => {
    const { partition, runtime } = open
    await produce(partition, numbered(runtime, 0, 1))
    send(open, 0, { producerId: 1, isTransactional: true })
    send(open, 0, { producerId: 2, isTransactional: true })
    await partition.whenDurable(4)
    assert.deepEqual([partition.highWatermark, partition.lastStableOffset], [5, 1])
    const advanced: number[] = []
    partition.onAdvance(() => advanced.push(partition.lastStableOffset))
    end(open, 'COMMIT', 2)
    assert.equal(partition.lastStableOffset, 1, 'producer 1 is open')
    const { lastOffset } = end(open, 'ABORT', 1)
    assert.equal(partition.lastStableOffset, 1, 'the marker is not written yet')
    await partition.whenDurable(lastOffset)
    assert.equal(partition.lastStableOffset, 7)
    assert.deepEqual(advanced, [7])
    const read = await partition.read({ offset: 0, maxBytes: 10_000, isolation: 'read_committed', minOneBatch: true })
    assert.deepEqual(
      read.abortedTransactions?.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })),
      [{ producerId: 1, firstOffset: 1 }],
    )
    const later = await partition.read({ offset: 7, maxBytes: 10_000, isolation: 'read_committed', minOneBatch: true })
    assert.deepEqual(later.abortedTransactions, [])
    assert.equal(
      (await partition.read({ offset: 0, maxBytes: 10_000, isolation: 'read_uncommitted', minOneBatch: true })).abortedTransactions,
      null,
    )
  })
})

test('read_committed stops at the last stable offset, also for times and the end', async () => {
  await onPartition(async (open) => {
    const { partition, runtime } = open
    await produce(partition, numbered(runtime, 0, 3))
    send(open, 0, { isTransactional: true })
    await partition.whenDurable(4)
    const read = await partition.read({ offset: 0, maxBytes: 10_000, isolation: 'read_committed', minOneBatch: true })
    assert.equal(read.lastStableOffset, 3)
    assert.equal(decodeRecords(runtime, Buffer.concat(read.records)).length, 3)
    assert.equal((await partition.read({ offset: 3, maxBytes: 10_000, isolation: 'read_committed', minOneBatch: true })).sizeBytes, 0)
    assert.equal((await partition.offsetForTimestamp(-1, 'read_committed')).offset, 3)
    assert.equal((await partition.offsetForTimestamp(-1)).offset, 5)
  })
})

test('open transactions and aborted ones are found again after a crash, across segments', async () => {
  for (const [checkpointAt, restMs] of [
    [-1, 0],
    [-1, 1000],
    [3, 0],
    [8, 0],
  ] as const) {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const reopen = (): Promise<OpenPartition> =>
        openPartition(simulation.runtime('broker'), '/data', { config: { segmentBytes: 300, indexIntervalBytes: 100 } })
      let open = await reopen()
      for (let round = 0; round < 10; round++) {
        send(open, round * 2, { producerId: 5, isTransactional: true })
        send(open, round * 2, { producerId: 6, isTransactional: true })
        if (round < 9) end(open, round % 2 === 0 ? 'ABORT' : 'COMMIT', 6)
        if (round === checkpointAt) await open.manager.checkpoint()
      }
      const { logEndOffset } = open.partition
      const { lastOffset } = end(open, 'ABORT', 5)
      await open.partition.whenDurable(lastOffset)
      const aborted = async (): Promise<string[]> => {
        const found = new Set<string>()
        // One read reaches no further than its segment.
        for (let offset = 0; offset < open.partition.lastStableOffset; offset++) {
          const read = await open.partition.read({ offset, maxBytes: 1, isolation: 'read_committed', minOneBatch: true })
          for (const { producerId, firstOffset } of read.abortedTransactions ?? []) found.add(`${producerId} from ${firstOffset}`)
        }
        return [...found].sort()
      }
      const expected = { lastStableOffset: open.partition.lastStableOffset, aborted: await aborted() }
      assert.ok(expected.lastStableOffset < logEndOffset, 'producer 6 is open')
      assert.equal(expected.aborted.length, 6)
      // Time for the snapshots of the segments that are full.
      await simulation.sleep(restMs)
      simulation.kill('broker')
      open = await reopen()
      assert.deepEqual(
        { lastStableOffset: open.partition.lastStableOffset, aborted: await aborted() },
        expected,
        `checkpoint at ${checkpointAt}, after ${restMs} ms`,
      )
      await open.close()
      open = await reopen()
      assert.deepEqual({ lastStableOffset: open.partition.lastStableOffset, aborted: await aborted() }, expected)
      await open.close()
    })
  }
})

test('aborted transactions are found again when the snapshot of producers is newer than the recovery point', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const config = { indexIntervalBytes: 100, flushMs: 10 }
    const reopen = (): Promise<OpenPartition> => openPartition(simulation.runtime('broker'), '/data', { config })
    let open = await reopen()
    for (let round = 0; round < 6; round++) {
      send(open, round * 2, { producerId: 5, isTransactional: true })
      const { lastOffset } = end(open, 'ABORT', 5)
      await open.partition.whenDurable(lastOffset)
      if (round === 3) await open.manager.checkpoint()
    }
    // flush.ms: the snapshot of the checkpoint gives way to a newer one.
    await simulation.sleep(100)
    simulation.kill('broker')
    open = await reopen()
    const { abortedTransactions } = await open.partition.read({
      offset: 0,
      maxBytes: 10_000,
      isolation: 'read_committed',
      minOneBatch: true,
    })
    assert.deepEqual(
      abortedTransactions?.map(({ firstOffset }) => firstOffset),
      [0, 3, 6, 9, 12, 15],
    )
    await open.close()
  })
})

test('writes that the transaction forbids are refused', async () => {
  await onPartition((open) => {
    send(open, 0, { isTransactional: true })
    assert.equal(send(open, 2).errorCode, ErrorCodes.INVALID_TXN_STATE, 'not transactional, in an open transaction')
    assert.equal(end(open, 'COMMIT', 1, 0, 5).errorCode, 0)
    send(open, 2, { isTransactional: true })
    assert.equal(end(open, 'COMMIT', 1, 0, 4).errorCode, ErrorCodes.TRANSACTION_COORDINATOR_FENCED)
    assert.equal(end(open, 'ABORT', 1, 1, 5).errorCode, 0, 'a marker may raise the epoch')
    assert.equal(send(open, 4).errorCode, ErrorCodes.INVALID_PRODUCER_EPOCH)
  })
})

test('a transaction begins where its coordinator says so, once', async () => {
  await onPartition((open) => {
    const beginning = { isTransactional: true, isAdmitted: false }
    const admit = (errorCode: number, producerEpoch = 0): void => open.partition.admit(1, { producerEpoch, errorCode, beginsAtZero: true })
    assert.equal(send(open, 0, beginning).errorCode, ErrorCodes.INVALID_TXN_STATE)
    admit(ErrorCodes.TRANSACTION_ABORTABLE)
    assert.equal(send(open, 0, beginning).errorCode, ErrorCodes.TRANSACTION_ABORTABLE)
    assert.equal(send(open, 0, beginning).errorCode, ErrorCodes.INVALID_TXN_STATE, 'the answer was for one batch')
    admit(ErrorCodes.NONE, 3)
    assert.equal(send(open, 0, beginning).errorCode, ErrorCodes.INVALID_TXN_STATE, 'and for one epoch')
    admit(ErrorCodes.NONE)
    assert.equal(send(open, 7, beginning).errorCode, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, 'the second protocol begins with 0')
    admit(ErrorCodes.NONE)
    assert.equal(send(open, 0, beginning).errorCode, 0)
    assert.equal(send(open, 2, beginning).errorCode, 0, 'it has begun')
    assert.equal(end(open, 'COMMIT', 1).errorCode, 0)
    admit(ErrorCodes.NONE)
    assert.equal(end(open, 'ABORT', 1).errorCode, 0)
    assert.equal(send(open, 4, beginning).errorCode, ErrorCodes.INVALID_TXN_STATE, 'a marker came in between')
  })
})

test('idle producers expire, unless their transaction is open', async () => {
  const manager = { producerIdExpirationMs: 1000, producerExpirationCheckIntervalMs: 500 }
  await onPartition(
    async (open, simulation) => {
      send(open, 0, { producerId: 1 })
      send(open, 0, { producerId: 2, isTransactional: true })
      await simulation.sleep(2000)
      assert.deepEqual(
        open.partition.activeProducers().map(({ producerId }) => producerId),
        [2],
      )
      assert.equal(send(open, 77, { producerId: 1 }).errorCode, 0, 'unknown again: it may start anywhere')
    },
    { manager },
  )
})

test('a transaction is not stable while its marker is still being written', async () => {
  await onPartition(async (open) => {
    const { partition } = open
    const { lastOffset } = send(open, 0, { isTransactional: true })
    // The write of the batch has begun by now; the marker goes with the next one.
    await Promise.resolve()
    const marker = end(open, 'COMMIT', 1)
    await partition.whenDurable(lastOffset)
    assert.deepEqual([partition.highWatermark, partition.lastStableOffset], [2, 0])
    await partition.whenDurable(marker.lastOffset)
    assert.equal(partition.lastStableOffset, 3)
  })
})

test('a fetch is told of the aborted transactions that overlap it, wherever they begin and end', async () => {
  await onPartition(async (open) => {
    const { partition } = open
    for (const producerId of [1, 2]) send(open, 0, { producerId, isTransactional: true })
    for (const producerId of [1, 2]) send(open, 2, { producerId, isTransactional: true })
    end(open, 'ABORT', 1)
    const { lastOffset } = end(open, 'ABORT', 2)
    await partition.whenDurable(lastOffset)
    const batchBytes = numbered(open.runtime, 0, 2).length
    for (const offset of [0, 3, 5]) {
      // Up to the batch that holds the offset plus one: in front of both markers.
      const read = await partition.read({ offset, maxBytes: batchBytes * 2, isolation: 'read_committed', minOneBatch: true })
      assert.deepEqual(
        read.abortedTransactions?.map(({ producerId, firstOffset }) => [producerId, firstOffset]),
        [
          [1, 0],
          [2, 2],
        ],
        `from ${offset}`,
      )
    }
  })
})
