import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { buildEndTransactionMarkerBatch, RecordBatchBuilder } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import type { ConsumerRecord } from '../../src/index.ts'
import { json, ProtocolError, SerializationError, string } from '../../src/index.ts'
import type { DecodeOptions } from '../../src/consumer/fetched-partition.ts'
import { FetchedPartition } from '../../src/consumer/fetched-partition.ts'

const { codecs, workers } = createNodeRuntime()
const crc32c = (data: Uint8Array): number => codecs.crc32c(data)

interface BatchSpec {
  readonly values: readonly string[]
  readonly at: number
  readonly producerId?: number
  readonly gzip?: boolean
}

async function batch({ values, at, producerId, gzip = false }: BatchSpec): Promise<Buffer> {
  const codec = await codecs.load('gzip')
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(1000, 'k', value, [{ key: 'h', value: Buffer.from('1') }])
  const compression = gzip ? { type: 'gzip' as const, compress: (data: Uint8Array) => codec.compress(data) } : undefined
  const producer = producerId === undefined ? {} : { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  return Buffer.from(builder.build({ crc32c, compression, baseOffset: at, partitionLeaderEpoch: 4, ...producer }))
}

function marker(type: 'ABORT' | 'COMMIT', producerId: number, at: number): Buffer {
  return buildEndTransactionMarkerBatch({
    marker: { type, coordinatorEpoch: 0 },
    producerId,
    producerEpoch: 0,
    timestampMs: 1000,
    baseOffset: at,
    crc32c,
  })
}

function fetched(
  batches: readonly Buffer[],
  from: number,
  options: Partial<DecodeOptions<string, unknown>> = {},
  abortedTransactions: { producerId: number; firstOffset: number }[] | null = null,
): FetchedPartition<string, unknown> {
  const data = {
    partitionIndex: 3,
    errorCode: 0,
    highWatermark: 100,
    lastStableOffset: 100,
    logStartOffset: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1, epoch: -1 },
    abortedTransactions,
    preferredReadReplica: -1,
    records: Buffer.concat(batches),
  }
  return new FetchedPartition('t', data, from, {
    codecs,
    workers,
    onInflated: () => undefined,
    checkCrcs: true,
    readCommitted: false,
    key: string,
    value: string,
    ...options,
  })
}

function all(chunk: FetchedPartition<string, unknown>): ConsumerRecord<string, unknown>[] {
  const records: ConsumerRecord<string, unknown>[] = []
  while (chunk.take(2, records)) assert.ok(records.length < 100)
  return records
}

describe('fetched partition', () => {
  it('hands records over piece by piece, from the offset asked for', async () => {
    const chunk = fetched([await batch({ values: ['a', 'b', 'c'], at: 10 }), await batch({ values: ['d'], at: 13, gzip: true })], 11)
    assert.equal(chunk.endOffset, 14)
    assert.deepEqual([...chunk.codecs], ['gzip'])
    const records: ConsumerRecord<string, unknown>[] = []
    assert.equal(chunk.take(1, records), true)
    assert.equal(chunk.nextOffset, 12)
    records.push(...all(chunk))
    assert.deepEqual(
      records.map(({ offset, value }) => [offset, value]),
      [
        [11, 'b'],
        [12, 'c'],
        [13, 'd'],
      ],
    )
    const [first] = records
    assert.deepEqual(first?.headers, [{ key: 'h', value: Buffer.from('1') }])
    assert.deepEqual([first?.topic, first?.partition, first?.key, first?.timestamp, first?.leaderEpoch], ['t', 3, 'k', 1000, 4])
    assert.equal(chunk.nextOffset, 14)
    assert.equal(chunk.remainingBytes, 0)
  })

  it('leaves a batch that was cut off for the next fetch', async () => {
    const second = await batch({ values: ['b'], at: 1 })
    const chunk = fetched([await batch({ values: ['a'], at: 0 }), second.subarray(0, second.length - 1)], 0)
    assert.deepEqual(
      all(chunk).map(({ value }) => value),
      ['a'],
    )
    assert.equal(chunk.nextOffset, 1)
    assert.equal(chunk.endOffset, 1)
  })

  it('finds a flipped bit, and does not when told not to look', async () => {
    const good = await batch({ values: ['a'], at: 0 })
    const bad = await batch({ values: ['b'], at: 1 })
    const last = bad.length - 4
    bad[last] = (bad[last] ?? 0) ^ 1
    const chunk = fetched([good, bad], 0)
    const records: ConsumerRecord<string, unknown>[] = []
    chunk.take(1, records)
    assert.throws(
      () => chunk.take(1, records),
      (error) => error instanceof ProtocolError && /t-3 from offset 1.*checksum/.test(error.message),
    )
    assert.throws(() => chunk.take(1, records), ProtocolError)
    assert.equal(all(fetched([good, bad], 0, { checkCrcs: false })).length, 2)
  })

  it('has a large batch inflated elsewhere, and what comes of it in its turn', async () => {
    const large = randomBytes(150_000).toString('base64')
    let inflated: (() => void) | undefined
    const done = new Promise<void>((resolve) => {
      inflated = resolve
    })
    const batches = [await batch({ values: ['a'], at: 0, gzip: true }), await batch({ values: [large, 'c'], at: 1, gzip: true })]
    const chunk = fetched(batches, 0, { onInflated: () => inflated?.() })
    const records: ConsumerRecord<string, unknown>[] = []
    assert.equal(chunk.take(10, records), true)
    assert.deepEqual([records.length, chunk.isInflating, chunk.nextOffset], [1, true, 1])
    assert.equal(chunk.take(10, records), true)
    await done
    assert.equal(chunk.isInflating, false)
    assert.equal(chunk.take(10, records), false)
    assert.deepEqual(
      records.map(({ value }) => value),
      ['a', large, 'c'],
    )
  })

  it('names the record whose value cannot be deserialised, and only that one', async () => {
    const records = all(fetched([await batch({ values: ['{"a":1}', '{', 'null'], at: 7 })], 7, { value: json() }))
    assert.deepEqual(records[0]?.value, { a: 1 })
    assert.equal(records[0]?.value, records[0]?.value)
    assert.throws(
      () => records[1]?.value,
      (error) =>
        error instanceof SerializationError && error.offset === 8 && error.partition === 3 && /t-3 at offset 8/.test(error.message),
    )
    assert.equal(records[2]?.value, null)
    assert.match(JSON.stringify(records[0]), /"offset":7.*"value":\{"a":1\}/)
  })

  describe('with read_committed', () => {
    const transactions = async (): Promise<Buffer[]> => [
      await batch({ values: ['aborted 1'], at: 0, producerId: 1 }),
      await batch({ values: ['committed 2'], at: 1, producerId: 2 }),
      await batch({ values: ['aborted 1 too'], at: 2, producerId: 1 }),
      marker('ABORT', 1, 3),
      await batch({ values: ['committed 1'], at: 4, producerId: 1 }),
      marker('COMMIT', 2, 5),
      marker('COMMIT', 1, 6),
      await batch({ values: ['plain'], at: 7 }),
    ]

    it('hides what was aborted, one transaction of a producer and not the next', async () => {
      const chunk = fetched(await transactions(), 0, { readCommitted: true }, [{ producerId: 1, firstOffset: 0 }])
      assert.deepEqual(
        all(chunk).map(({ value }) => value),
        ['committed 2', 'committed 1', 'plain'],
      )
      assert.equal(chunk.nextOffset, 8)
    })

    it('hides it also when the marker is in a later response', async () => {
      const chunk = fetched((await transactions()).slice(0, 3), 0, { readCommitted: true }, [{ producerId: 1, firstOffset: 0 }])
      assert.deepEqual(
        all(chunk).map(({ value }) => value),
        ['committed 2'],
      )
      assert.equal(chunk.nextOffset, 3)
    })

    it('without it shows all records, and no marker', async () => {
      assert.equal(all(fetched(await transactions(), 0)).length, 5)
    })
  })
})
