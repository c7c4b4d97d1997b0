/** Reads: whole batches from any offset within them, from memory and from disk alike, and offsets by time. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSimulation } from '@odradek/runtime/sim'
import type { CodecName } from '@odradek/runtime'
import fc from 'fast-check'

import type { OpenPartition, SetUp } from './support.ts'
import { batchOf, decodeRecords, numbered, openPartition, produce, readAll } from './support.ts'

async function onPartition(setUp: SetUp, run: (open: OpenPartition) => Promise<void>): Promise<void> {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const open = await openPartition(simulation.runtime('broker'), '/data', setUp)
    await run(open)
    await open.close()
  })
}

test('any offset, any size limit and any cache give the same whole batches', async () => {
  const shapes = fc.record({
    counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 25 }),
    maxBytes: fc.integer({ min: 1, max: 1500 }),
    segmentBytes: fc.integer({ min: 400, max: 3000 }),
    cacheBytes: fc.constantFrom(0, 500, 1_000_000),
  })
  await fc.assert(
    fc.asyncProperty(shapes, async ({ counts, maxBytes, segmentBytes, cacheBytes }) => {
      await onPartition({ config: { segmentBytes, indexIntervalBytes: 150 }, manager: { cacheBytes } }, async (open) => {
        let end = 0
        for (const count of counts) {
          await produce(open.partition, numbered(open.runtime, end, count))
          end += count
        }
        for (let offset = 0; offset < end; offset += 3) {
          const values = (await readAll(open, offset, maxBytes)).map(({ value }) => value)
          assert.deepEqual(
            values,
            Array.from({ length: end - offset }, (_, at) => `value ${offset + at}`),
          )
        }
      })
    }),
    { numRuns: 60 },
  )
})

test('limits: the first batch whole or not at all, the rest only when it fits', async () => {
  for (const cacheBytes of [0, 1_000_000]) {
    await onPartition({ manager: { cacheBytes } }, async ({ partition, runtime }) => {
      for (let at = 0; at < 3; at++) await produce(partition, numbered(runtime, at * 2, 2))
      const size = numbered(runtime, 0, 2).length
      const bytes = async (offset: number, maxBytes: number, minOneBatch: boolean): Promise<number> =>
        (await partition.read({ offset, maxBytes, isolation: 'read_uncommitted', minOneBatch })).sizeBytes
      assert.equal(await bytes(0, size - 1, false), 0)
      assert.equal(await bytes(0, size - 1, true), size)
      assert.equal(await bytes(0, 0, true), size)
      assert.equal(await bytes(1, size * 2, false), size * 2)
      assert.equal(await bytes(0, size * 3 - 1, false), size * 2)
      assert.equal(await bytes(6, 1000, true), 0, 'the end')
    })
  }
})

test('offsets outside the log are OFFSET_OUT_OF_RANGE', async () => {
  await onPartition({}, async ({ partition, runtime }) => {
    await produce(partition, numbered(runtime, 0, 5))
    assert.deepEqual(await partition.deleteRecordsBefore(3), { errorCode: 0, lowWatermark: 3 })
    for (const offset of [-1, 2, 6]) {
      const { errorCode } = await partition.read({ offset, maxBytes: 1000, isolation: 'read_uncommitted', minOneBatch: true })
      assert.equal(errorCode, 1, `offset ${offset}`)
    }
  })
})

test('what is queued is not read before it is written', async () => {
  await onPartition({}, async ({ partition, runtime, manager }) => {
    const batch = numbered(runtime, 0, 5)
    const { lastOffset } = partition.append(batch, { origin: 'client' })
    assert.deepEqual([partition.logEndOffset, partition.highWatermark, manager.queuedBytes], [5, 0, batch.length])
    assert.equal((await partition.read({ offset: 0, maxBytes: 1000, isolation: 'read_uncommitted', minOneBatch: true })).sizeBytes, 0)
    await partition.whenDurable(lastOffset)
    assert.deepEqual([partition.highWatermark, manager.queuedBytes], [5, 0])
  })
})

test('offsets by time: the first record at or after it, in any codec, in any segment', async () => {
  const codecs: readonly (CodecName | undefined)[] = [undefined, 'gzip', 'snappy', 'lz4', 'zstd']
  await onPartition({ config: { segmentBytes: 400, indexIntervalBytes: 100 } }, async ({ partition, runtime }) => {
    for (let at = 0; at < 10; at++) {
      const codec = codecs[at % 5]
      const records = [0, 5, 3].map((delta) => ({ timestampMs: 1000 + at * 10 + delta }))
      await produce(partition, batchOf(runtime, records, codec === undefined ? {} : { codec }))
    }
    const offset = async (timestamp: number): Promise<number> => (await partition.offsetForTimestamp(timestamp)).offset
    for (let at = 0; at < 10; at++) {
      assert.equal(await offset(1000 + at * 10), at * 3)
      assert.equal(await offset(1001 + at * 10), at * 3 + 1)
      assert.equal(await offset(1005 + at * 10), at * 3 + 1)
    }
    assert.deepEqual(await partition.offsetForTimestamp(0), { offset: 0, timestamp: 1000, leaderEpoch: 0 })
    assert.equal(await offset(1096), -1)
    assert.deepEqual(await partition.offsetForTimestamp(-3), { offset: 28, timestamp: 1095, leaderEpoch: 0 })
    assert.deepEqual([await offset(-2), await offset(-4), await offset(-1), await offset(-5)], [0, 0, 30, -1])
    await partition.deleteRecordsBefore(8)
    assert.deepEqual([await offset(0), await offset(-2)], [8, 8], 'never below the log start')
  })
})

test('offsets by time are found again after a restart', async () => {
  const simulation = createSimulation({ seed: 1 })
  const setUp = { config: { segmentBytes: 400, indexIntervalBytes: 100 } }
  await simulation.run(async () => {
    for (const isClean of [true, false]) {
      const open = await openPartition(simulation.runtime('broker'), '/data', setUp)
      const from = open.partition.logEndOffset
      for (let at = 0; at < 10; at++) await produce(open.partition, batchOf(open.runtime, [{ timestampMs: 1000 + (from + at) * 10 }]))
      if (isClean) await open.close()
      else simulation.kill('broker')
    }
    const open = await openPartition(simulation.runtime('broker'), '/data', setUp)
    for (let at = 0; at < 20; at++) assert.equal((await open.partition.offsetForTimestamp(995 + at * 10)).offset, at)
    assert.equal((await open.partition.offsetForTimestamp(-3)).offset, 19)
    await open.close()
  })
})

test('leader epochs: where each began and ended, also after a restart', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    for (const [leaderEpoch, kill] of [
      [2, false],
      [5, true],
    ] as const) {
      const open = await openPartition(simulation.runtime('broker'), '/data', { leaderEpoch })
      await produce(open.partition, numbered(open.runtime, 0, 10))
      assert.deepEqual(open.partition.endOffsetForEpoch(leaderEpoch), { leaderEpoch, endOffset: open.partition.logEndOffset })
      if (kill) simulation.kill('broker')
      else await open.close()
    }
    const { partition, close } = await openPartition(simulation.runtime('broker'), '/data', { leaderEpoch: 6 })
    assert.deepEqual(partition.endOffsetForEpoch(1), { leaderEpoch: 1, endOffset: 0 })
    assert.deepEqual(partition.endOffsetForEpoch(2), { leaderEpoch: 2, endOffset: 10 })
    assert.deepEqual(partition.endOffsetForEpoch(3), { leaderEpoch: 2, endOffset: 10 })
    assert.deepEqual(partition.endOffsetForEpoch(5), { leaderEpoch: 5, endOffset: 20 })
    assert.deepEqual(partition.endOffsetForEpoch(6), { leaderEpoch: 6, endOffset: 20 })
    assert.equal((await partition.offsetForTimestamp(-1)).leaderEpoch, 6)
    await close()
  })
})

test('replay visits every batch, and waits for a visitor that takes its time', async () => {
  await onPartition({ config: { segmentBytes: 500 }, manager: { cacheBytes: 0 } }, async ({ partition, runtime }) => {
    for (let at = 0; at < 10; at++) await produce(partition, numbered(runtime, at * 3, 3))
    const seen: number[] = []
    await partition.forEachBatch(4, async (batch) => {
      const offsets = decodeRecords(runtime, batch).map(({ offset }) => offset)
      await Promise.resolve()
      seen.push(...offsets)
    })
    assert.deepEqual(
      seen,
      Array.from({ length: 27 }, (_, at) => at + 3),
    )
  })
})
