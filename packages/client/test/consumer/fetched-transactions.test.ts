/** read_committed over answers that are cut anywhere, and batches that compaction has thinned out. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildEndTransactionMarkerBatch, RecordBatchBuilder } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import fc from 'fast-check'
import { FetchedPartition } from '../../src/consumer/fetched-partition.ts'
import type { ConsumerRecord } from '../../src/index.ts'
import { string } from '../../src/index.ts'

const { codecs, workers } = createNodeRuntime()
const crc32c = (data: Uint8Array): number => codecs.crc32c(data)

interface Step {
  readonly producerId: number
  readonly what: 'write' | 'commit' | 'abort' | 'plain'
}

interface Written {
  readonly at: number
  readonly end: number
  readonly bytes: Buffer
}

interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
}

/** A log as a broker writes it: its batches, what was aborted, and the values that are committed or outside of transactions. */
function writeLog(steps: readonly Step[]) {
  const batches: Written[] = []
  const aborted: Aborted[] = []
  const open = new Map<number, { first: number; values: string[] }>()
  const visible: string[] = []
  let at = 0
  const push = (bytes: Buffer, count: number): void => {
    batches.push({ at, end: at + count, bytes: Buffer.from(bytes) })
    at += count
  }
  for (const { producerId, what } of steps) {
    const transaction = open.get(producerId)
    if (what === 'write' || what === 'plain') {
      const builder = new RecordBatchBuilder()
      const values = [`${at}`, `${at + 1}`]
      for (const value of values) builder.append(1000, null, value)
      const isTransactional = what === 'write'
      const producer = { producerId: isTransactional ? producerId : -1, producerEpoch: 0, baseSequence: 0, isTransactional }
      if (!isTransactional) visible.push(...values)
      else if (transaction === undefined) open.set(producerId, { first: at, values })
      else transaction.values.push(...values)
      push(builder.build({ crc32c, baseOffset: at, partitionLeaderEpoch: 0, ...producer }), 2)
    } else if (transaction !== undefined) {
      const type = what === 'commit' ? 'COMMIT' : 'ABORT'
      if (what === 'commit') visible.push(...transaction.values)
      else aborted.push({ producerId, firstOffset: transaction.first, lastOffset: at })
      open.delete(producerId)
      const marker = { type, coordinatorEpoch: 0 } as const
      push(buildEndTransactionMarkerBatch({ marker, producerId, producerEpoch: 0, timestampMs: 1000, baseOffset: at, crc32c }), 1)
    }
  }
  // The last stable offset: before what is still open.
  const stable = Math.min(at, ...[...open.values()].map(({ first }) => first))
  return { batches, aborted, stable, visible: visible.filter((value) => Number(value) < stable) }
}

type Log = ReturnType<typeof writeLog>

/** What a broker answers to a fetch from `offset`: so many batches, and the aborted transactions that overlap them. */
function answer({ batches, aborted, stable }: Log, offset: number, count: number) {
  const sent = batches.filter(({ at, end }) => end > offset && at < stable).slice(0, count)
  const upTo = sent.at(-1)?.end ?? offset
  const overlapping = aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= offset && firstOffset < upTo)
  const data = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: stable,
    lastStableOffset: stable,
    logStartOffset: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1, epoch: -1 },
    // In no order.
    abortedTransactions: overlapping.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })).reverse(),
    preferredReadReplica: -1,
    records: Buffer.concat(sent.map(({ bytes }) => bytes)),
  }
  const options = { codecs, workers, onInflated: () => undefined, checkCrcs: true, readCommitted: true, key: string, value: string }
  return sent.length === 0 ? undefined : new FetchedPartition('t', data, offset, options)
}

/** Reads the log through answers of `sizes` batches each. */
function readLog(log: Log, sizes: readonly number[]): (string | null)[] {
  const records: ConsumerRecord<string, string>[] = []
  let offset = 0
  for (let turn = 0; turn < 1000; turn++) {
    const chunk = answer(log, offset, sizes[turn % sizes.length] ?? 1)
    if (chunk === undefined) break
    while (chunk.take(2, records));
    assert.ok(chunk.nextOffset > offset)
    offset = chunk.nextOffset
  }
  assert.equal(offset, log.stable)
  return records.map(({ value }) => value)
}

describe('read_committed', () => {
  it('shows what is committed and nothing else, wherever answers are cut', () => {
    const step = fc.record({ producerId: fc.nat(2), what: fc.constantFrom('write', 'write', 'commit', 'abort', 'plain') })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        (steps, sizes) => {
          const log = writeLog(steps)
          const byNumber = (left: string | null, right: string | null): number => Number(left) - Number(right)
          assert.deepEqual(readLog(log, sizes).sort(byNumber), [...log.visible].sort(byNumber))
        },
      ),
    )
  })

  it('hides several aborted transactions of one producer in one answer, and shows the committed one between them', () => {
    const p = (what: Step['what']): Step => ({ producerId: 1, what })
    const log = writeLog([p('write'), p('abort'), p('write'), p('commit'), p('write'), p('write'), p('abort'), p('plain')])
    assert.deepEqual(readLog(log, [100]), ['3', '4', '11', '12'])
  })

  it('hides the rest of an aborted transaction when the fetch begins in its middle', () => {
    const p = (what: Step['what']): Step => ({ producerId: 1, what })
    const log = writeLog([p('write'), p('write'), p('write'), p('abort'), p('plain')])
    const chunk = answer(log, 3, 100)
    const records: ConsumerRecord<string, string>[] = []
    while (chunk?.take(10, records));
    assert.deepEqual(
      records.map(({ value }) => value),
      ['7', '8'],
    )
  })
})

describe('compaction', () => {
  /** The batch without its records, as compaction leaves the last one of a producer. */
  function emptied(batch: Buffer): Buffer {
    const header = Buffer.from(batch.subarray(0, 61))
    header.writeInt32BE(61 - 12, 8)
    header.writeInt32BE(0, 57)
    header.writeUInt32BE(crc32c(header.subarray(21)), 17)
    return header
  }

  it('passes over batches without records and offsets that are gone', () => {
    const log = writeLog(Array.from({ length: 4 }, () => ({ producerId: 1, what: 'plain' as const })))
    const batches = log.batches.map((each, index) => (index === 1 || index === 3 ? { ...each, bytes: emptied(each.bytes) } : each))
    assert.deepEqual(readLog({ ...log, batches }, [100]), ['0', '1', '4', '5'])
    assert.deepEqual(readLog({ ...log, batches }, [1]), ['0', '1', '4', '5'])
    assert.deepEqual(readLog({ ...log, batches: batches.slice(2) }, [100]), ['4', '5'])
  })
})
