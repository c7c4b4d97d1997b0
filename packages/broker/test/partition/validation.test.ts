/** Every reason for which a batch is not appended, and what is changed in one that is. */

import assert from 'node:assert/strict'
import { before, test } from 'node:test'

import { batchLayout, ErrorCodes, readBatchHeader, RecordBatchBuilder, writeInt64 } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import type { CodecName } from '@odradek/runtime'
import { createSimulation } from '@odradek/runtime/sim'

import type { AppendOptions, AppendResult } from '../../src/partition/types.ts'
import type { LogConfig } from '../../src/storage/log-config.ts'
import type { BatchOptions, TestRecord } from '../storage/support.ts'
import { batchOf, decodeRecords, numbered, openPartition, produce, readAll } from '../storage/support.ts'

const codecs: readonly CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']
const crc32c = (data: Uint8Array): number => createNodeRuntime().codecs.crc32c(data)

before(async () => {
  for (const codec of codecs) await createNodeRuntime().codecs.load(codec)
})

/** What happens to one batch on a fresh partition. */
async function outcome(
  build: (options: { nowMs: number; batch: (records: readonly TestRecord[], options?: BatchOptions) => Buffer }) => Buffer,
  config: Partial<LogConfig> = {},
  options: Partial<AppendOptions> = {},
): Promise<AppendResult> {
  const simulation = createSimulation({ seed: 1 })
  return await simulation.run(async () => {
    const runtime = simulation.runtime('broker')
    const open = await openPartition(runtime, '/data', { config })
    const batch = build({ nowMs: runtime.clock.nowMs(), batch: (records, more) => batchOf(runtime, records, more) })
    await open.partition.prepare(batch)
    const result = open.partition.append(batch, { origin: 'client', ...options })
    assert.equal(open.partition.logEndOffset, result.errorCode === 0 ? result.lastOffset + 1 : 0, 'only an accepted batch takes offsets')
    await open.close()
    return result
  })
}

/** Changes bytes of a batch and makes its CRC right again. */
function patched(batch: Buffer, patch: (batch: Buffer) => void): Buffer {
  patch(batch)
  batch.writeUInt32BE(crc32c(batch.subarray(batchLayout.ATTRIBUTES_AT)), batchLayout.CRC_AT)
  return batch
}

test('records that are not one whole batch of magic 2 are refused', async () => {
  for (const records of [Buffer.alloc(0), Buffer.alloc(5)]) {
    const result = await outcome(() => records)
    assert.equal(result.errorCode, ErrorCodes.INVALID_RECORD)
    assert.match(result.errorMessage ?? '', /at least one record batch/)
  }
  const cut = await outcome(({ batch }) => batch([{}]).subarray(0, 65))
  assert.equal(cut.errorCode, ErrorCodes.INVALID_RECORD)
  for (const magic of [0, 1]) {
    const result = await outcome(({ batch }) => patched(batch([{}]), (bytes) => bytes.writeInt8(magic, batchLayout.MAGIC_AT)))
    assert.equal(result.errorCode, ErrorCodes.INVALID_RECORD)
    assert.match(result.errorMessage ?? '', /magic version 2/)
  }
  const future = await outcome(({ batch }) => patched(batch([{}]), (bytes) => bytes.writeInt8(3, batchLayout.MAGIC_AT)))
  assert.equal(future.errorCode, ErrorCodes.CORRUPT_MESSAGE)
  const two = await outcome(({ batch }) => Buffer.concat([batch([{}]), batch([{}])]))
  assert.equal(two.errorCode, ErrorCodes.INVALID_RECORD)
  assert.match(two.errorMessage ?? '', /exactly one record batch/)
  const tiny = await outcome(({ batch }) => patched(batch([{}]), (bytes) => bytes.writeInt32BE(3, batchLayout.BATCH_LENGTH_AT)))
  assert.equal(tiny.errorCode, ErrorCodes.CORRUPT_MESSAGE)
})

test('a cut second batch is ignored, as Kafka does', async () => {
  const result = await outcome(({ batch }) => Buffer.concat([batch([{}]), batch([{}]).subarray(0, 40)]))
  assert.deepEqual([result.errorCode, result.baseOffset, result.lastOffset], [0, 0, 0])
})

test('a header that contradicts itself is refused', async () => {
  const refused: readonly [RegExp, (batch: Buffer) => void][] = [
    [/should be 0, but it is 7/, (batch) => writeInt64(batch, batchLayout.BASE_OFFSET_AT, 7)],
    [/Inconsistent batch offset range/, (batch) => batch.writeInt32BE(4, batchLayout.LAST_OFFSET_DELTA_AT)],
    [/invalid offset range/, (batch) => batch.writeInt32BE(-2, batchLayout.LAST_OFFSET_DELTA_AT)],
    [/Invalid reported count/, (batch) => batch.writeInt32BE(0, batchLayout.RECORD_COUNT_AT)],
    [/control records/, (batch) => batch.writeInt16BE(batchLayout.CONTROL_BIT, batchLayout.ATTRIBUTES_AT)],
    [/Invalid sequence number -1/, (batch) => writeInt64(batch, batchLayout.PRODUCER_ID_AT, 5)],
  ]
  for (const [message, patch] of refused) {
    const result = await outcome(({ batch }) => patched(batch([{}, {}]), patch))
    assert.equal(result.errorCode, ErrorCodes.INVALID_RECORD, String(message))
    assert.match(result.errorMessage ?? '', message)
  }
})

test('a wrong CRC is CORRUPT_MESSAGE', async () => {
  const result = await outcome(({ batch }) => {
    const bytes = batch([{ value: 'abc' }])
    bytes[bytes.length - 3] = 0x7f
    return bytes
  })
  assert.equal(result.errorCode, ErrorCodes.CORRUPT_MESSAGE)
})

test('records that do not fill their batch exactly are refused', async () => {
  for (const count of [1, 3]) {
    const result = await outcome(({ batch }) =>
      patched(batch([{}, {}]), (bytes) => {
        bytes.writeInt32BE(count, batchLayout.RECORD_COUNT_AT)
        bytes.writeInt32BE(count - 1, batchLayout.LAST_OFFSET_DELTA_AT)
      }),
    )
    assert.equal(result.errorCode, ErrorCodes.INVALID_RECORD, `count ${count}`)
  }
  // The second record claims the offset of the first.
  const repeated = await outcome(({ batch }) =>
    patched(
      batch([
        { key: null, value: '' },
        { key: null, value: '' },
      ]),
      (bytes) => (bytes[bytes.length - 4] = 0),
    ),
  )
  assert.equal(repeated.errorCode, ErrorCodes.INVALID_RECORD)
  assert.match(repeated.errorMessage ?? '', /not consecutive/)
})

test('sizes are held to max.message.bytes and segment.bytes', async () => {
  const big = { value: 'x'.repeat(1000) }
  assert.equal((await outcome(({ batch }) => batch([big]), { maxMessageBytes: 1000 })).errorCode, ErrorCodes.MESSAGE_TOO_LARGE)
  assert.equal((await outcome(({ batch }) => batch([big]), { segmentBytes: 1000 })).errorCode, ErrorCodes.RECORD_LIST_TOO_LARGE)
  const exact = await outcome(({ batch }) => batch([big]), { maxMessageBytes: 1075, segmentBytes: 1075 })
  assert.equal(exact.errorCode, 0, exact.errorMessage ?? '')
})

test('a compacted topic wants keys, and says which records have none', async () => {
  const result = await outcome(({ batch }) => batch([{}, { key: null }, {}, { key: null }]), { cleanupCompact: true })
  assert.equal(result.errorCode, ErrorCodes.INVALID_RECORD)
  assert.deepEqual(
    result.recordErrors.map(({ batchIndex }) => batchIndex),
    [1, 3],
  )
  assert.match(result.recordErrors[0]?.message ?? '', /cannot accept message without key/)
})

test('timestamps out of bounds are INVALID_TIMESTAMP with the records at fault', async () => {
  const bounds = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 500 }
  const at = (offsets: readonly number[]): Promise<AppendResult> =>
    outcome(({ nowMs, batch }) => batch(offsets.map((delta) => ({ timestampMs: nowMs + delta }))), bounds)
  assert.equal((await at([-1000, 0, 500])).errorCode, 0)
  const late = await at([0, 501, -1001])
  assert.equal(late.errorCode, ErrorCodes.INVALID_TIMESTAMP)
  assert.deepEqual(
    late.recordErrors.map(({ batchIndex }) => batchIndex),
    [1, 2],
  )
  assert.equal((await outcome(({ nowMs, batch }) => batch([{ timestampMs: nowMs + 3_600_001 }]))).errorCode, ErrorCodes.INVALID_TIMESTAMP)
  const stamped = (timestampType: LogConfig['timestampType']): Promise<AppendResult> =>
    outcome(
      ({ batch }) => patched(batch([{}, {}]), (bytes) => bytes.writeInt16BE(batchLayout.LOG_APPEND_TIME_BIT, batchLayout.ATTRIBUTES_AT)),
      { timestampType },
    )
  const refused = await stamped('LogAppendTime')
  assert.equal(refused.errorCode, ErrorCodes.INVALID_TIMESTAMP)
  assert.deepEqual(
    refused.recordErrors.map(({ batchIndex }) => batchIndex),
    [0, 1],
  )
  assert.equal((await stamped('CreateTime')).errorCode, 0, 'taken for the time of the producer, as by Kafka')
})

test('codecs follow the version of the request', async () => {
  const zstd = await outcome(({ batch }) => batch([{}], { codec: 'zstd' }), {}, { apiVersion: 6 })
  assert.equal(zstd.errorCode, ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE)
  const unknown = await outcome(({ batch }) => patched(batch([{}]), (bytes) => bytes.writeInt16BE(5, batchLayout.ATTRIBUTES_AT)))
  assert.equal(unknown.errorCode, ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE)
})

test('compressed batches are checked inside, and bombs are stopped', async () => {
  for (const codec of codecs) {
    const keyless = await outcome(({ batch }) => batch([{}, { key: null }], { codec }), { cleanupCompact: true })
    assert.deepEqual([keyless.errorCode, keyless.recordErrors.length], [ErrorCodes.INVALID_RECORD, 1])
    const garbage = await outcome(({ batch }) =>
      patched(batch([{}, {}], { codec }), (bytes) => bytes.fill(0xee, batchLayout.RECORDS_AT + 2)),
    )
    assert.equal(garbage.errorCode, ErrorCodes.INVALID_RECORD, codec)
  }
  const bomb = await outcome(({ batch }) => batch([{ value: 'x'.repeat(68_000_000) }], { codec: 'zstd' }))
  assert.equal(bomb.errorCode, ErrorCodes.MESSAGE_TOO_LARGE)
})

test('what a batch is stored as: offsets, epoch, time and codec', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const runtime = simulation.runtime('broker')
    const open = await openPartition(runtime, '/data', { leaderEpoch: 4, config: { timestampType: 'LogAppendTime' } })
    const { partition } = open
    await produce(partition, numbered(runtime, 0, 3))
    const stamped = await produce(partition, numbered(runtime, 3, 2))
    assert.deepEqual([stamped.baseOffset, stamped.lastOffset, stamped.logAppendTimeMs], [3, 4, runtime.clock.nowMs()])
    for (const compressionType of [...codecs, 'uncompressed' as const]) {
      partition.updateConfig({ ...partition.config, timestampType: 'CreateTime', compressionType })
      await produce(
        partition,
        batchOf(runtime, [{ value: compressionType, timestampMs: 5 }], { codec: compressionType === 'gzip' ? 'zstd' : 'gzip' }),
      )
    }
    const { records } = await partition.read({ offset: 3, maxBytes: 1 << 20, isolation: 'read_uncommitted', minOneBatch: true })
    const stored = records.map((chunk) => readBatchHeader(chunk as Buffer, 0))
    assert.deepEqual(
      stored.map(({ baseOffset, partitionLeaderEpoch, compression, timestampType }) => ({
        baseOffset,
        partitionLeaderEpoch,
        compression,
        timestampType,
      })),
      ['none', 'gzip', 'snappy', 'lz4', 'zstd', 'none'].map((compression, at) => ({
        baseOffset: at === 0 ? 3 : 4 + at,
        partitionLeaderEpoch: 4,
        compression,
        timestampType: at === 0 ? 'LogAppendTime' : 'CreateTime',
      })),
    )
    assert.deepEqual(
      (await readAll(open, 5)).map(({ value }) => value),
      [...codecs, 'uncompressed'],
    )
    await open.close()
  })
})

test('a maximum timestamp that the producer made up is corrected', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const runtime = simulation.runtime('broker')
    const open = await openPartition(runtime, '/data')
    const builder = new RecordBatchBuilder()
    builder.append(1000, null, 'a')
    builder.append(3000, null, 'b')
    const batch = patched(builder.build({ crc32c }), (bytes) => writeInt64(bytes, batchLayout.MAX_TIMESTAMP_AT, 99_999))
    assert.equal((await produce(open.partition, batch)).errorCode, 0)
    assert.deepEqual(await open.partition.offsetForTimestamp(-3), { offset: 1, timestamp: 3000, leaderEpoch: 0 })
    const { records } = await open.partition.read({ offset: 0, maxBytes: 1000, isolation: 'read_uncommitted', minOneBatch: true })
    const chunk = records[0] as Buffer
    assert.equal(readBatchHeader(chunk, 0).crc, crc32c(chunk.subarray(batchLayout.ATTRIBUTES_AT)))
    assert.equal(decodeRecords(runtime, chunk).length, 2)
    await open.close()
  })
})
