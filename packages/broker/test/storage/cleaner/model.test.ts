/** Random logs, compacted again and again, hold what a model says: every key's last committed record, at its offset. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { BatchHeader } from '@odradek/protocol'
import { readBatchHeader } from '@odradek/protocol'
import fc from 'fast-check'

import { inspectPartition } from '../../../src/storage/log-inspection.ts'
import type { Opened } from './support.ts'
import { contents, simulate } from './support.ts'
import { batchOf, markerOf, produce } from '../support.ts'

const codecs = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const

interface Step {
  readonly kind: 'plain' | 'idempotent' | 'transaction' | 'compact' | 'restart'
  readonly keys: readonly number[]
  readonly codec: (typeof codecs)[number]
  readonly isCommitted: boolean
  readonly isTombstone: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('plain', 'plain', 'idempotent', 'transaction', 'transaction', 'compact', 'compact', 'restart'),
  keys: fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
  codec: fc.constantFrom(...codecs),
  isCommitted: fc.boolean(),
  isTombstone: fc.boolean(),
})

function headersOf(chunk: Buffer): BatchHeader[] {
  const headers: BatchHeader[] = []
  for (let at = 0; at < chunk.length; at += (headers.at(-1) as BatchHeader).sizeBytes) headers.push(readBatchHeader(chunk, at))
  return headers
}

class Model {
  /** Key → its last committed record. */
  readonly last = new Map<string, { offset: number; value: string | null }>()
  readonly sequences = new Map<number, number>()

  async append(opened: Opened, { kind, keys, codec, isCommitted, isTombstone }: Step): Promise<void> {
    const { partition, runtime } = opened
    const producerId = kind === 'plain' ? -1 : kind === 'idempotent' ? 5 : isCommitted ? 6 : 7
    const value = isTombstone ? null : `${partition.logEndOffset}`.padEnd(30, '.')
    const baseSequence = this.sequences.get(producerId) ?? 0
    const isTransactional = kind === 'transaction'
    if (isTransactional) partition.admit(producerId, { producerEpoch: 0, errorCode: 0, beginsAtZero: false })
    const identity = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence, isTransactional }
    const records = keys.map((key) => ({ key: `k${key}`, value }))
    const result = await produce(partition, batchOf(runtime, records, { ...identity, ...(codec === undefined ? {} : { codec }) }))
    assert.equal(result.errorCode, 0, result.errorMessage ?? '')
    this.sequences.set(producerId, baseSequence + keys.length)
    if (isTransactional) {
      const marker = partition.append(markerOf(runtime, isCommitted ? 'COMMIT' : 'ABORT', producerId, 0), { origin: 'coordinator' })
      await partition.whenDurable(marker.lastOffset)
      if (!isCommitted) return
    }
    for (const [at, key] of keys.entries()) this.last.set(`k${key}`, { offset: result.baseOffset + at, value })
  }

  async check(opened: Opened): Promise<void> {
    const { records } = await contents(opened)
    const found = new Map(records.map((record) => [record.offset, record]))
    for (const [key, { offset, value }] of this.last) {
      assert.deepEqual(found.get(offset), { offset, key, value }, `the last of ${key}`)
    }
    // Producer 7 commits nothing: what is there of its data, readers are told to leave out.
    const {
      errorCode,
      records: chunks,
      abortedTransactions,
    } = await opened.partition.read({
      offset: 0,
      maxBytes: 2 ** 20,
      isolation: 'read_committed',
      minOneBatch: true,
    })
    assert.equal(errorCode, 0)
    for (const header of chunks.flatMap((chunk) => headersOf(chunk as Buffer))) {
      if (header.producerId !== 7 || header.isControl || header.recordCount === 0) continue
      assert.ok(abortedTransactions?.some(({ producerId, firstOffset }) => producerId === 7 && firstOffset <= header.baseOffset))
    }
    const offsets = records.map(({ offset }) => offset)
    assert.deepEqual(
      offsets,
      [...offsets].sort((left, right) => left - right),
    )
  }
}

test('random logs, compacted again and again, hold what the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), fc.integer({ min: 1, max: 2 ** 30 }), async (steps, seed) => {
      await simulate(async (_simulation, open) => {
        const model = new Model()
        let opened = await open({ config: { deleteRetentionMs: 2 ** 40 } })
        for (const codec of codecs) if (codec !== undefined) await opened.runtime.codecs.load(codec)
        for (const next of steps) {
          if (next.kind === 'compact') {
            await opened.manager.checkpoint()
            await opened.manager.compact()
            await model.check(opened)
          } else if (next.kind === 'restart') {
            await opened.close()
            opened = await open({ config: { deleteRetentionMs: 2 ** 40 } })
          } else await model.append(opened, next)
        }
        await model.check(opened)
        assert.deepEqual(opened.warnings, [])
        await opened.close()
        for await (const each of inspectPartition(opened.runtime, '/data/t-0')) assert.notEqual(each.kind, 'problem', JSON.stringify(each))
      }, seed)
    }),
    { numRuns: 15 },
  )
})
