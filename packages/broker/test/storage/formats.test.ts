/** The files beside a log, byte by byte as Kafka writes them, and what is made of damaged ones. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createNodeRuntime } from '@odradek/runtime'

import {
  CheckpointError,
  formatEpochCheckpoint,
  formatOffsetCheckpoint,
  parseEpochCheckpoint,
  parseOffsetCheckpoint,
} from '../../src/storage/checkpoint-file.ts'
import {
  isDeletedDirectoryName,
  parsePartitionDirectoryName,
  parseSegmentFileName,
  retiredDirectoryName,
  segmentFileName,
} from '../../src/storage/file-names.ts'
import { OffsetIndex } from '../../src/storage/offset-index.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/storage/producer-snapshot.ts'
import { TimeIndex } from '../../src/storage/time-index.ts'
import { TransactionIndex } from '../../src/storage/transaction-index.ts'

const { codecs } = createNodeRuntime()
const crc32c = (data: Uint8Array): number => codecs.crc32c(data)

test('offset checkpoints', () => {
  const text = '0\n2\norders 3 17\na-b_c.d 0 0\n'
  const entries = [
    { topic: 'orders', partition: 3, offset: 17 },
    { topic: 'a-b_c.d', partition: 0, offset: 0 },
  ]
  assert.equal(formatOffsetCheckpoint(entries).toString(), text)
  assert.deepEqual(
    [...parseOffsetCheckpoint(Buffer.from(text))],
    [
      ['orders-3', 17],
      ['a-b_c.d-0', 0],
    ],
  )
  for (const bad of ['', '1\n0\n', '0\n2\nt 0 1\n', '0\n1\nt 0\n', '0\n1\nt 0 x\n', '0\n1\nt 0 9007199254740993\n']) {
    assert.throws(() => parseOffsetCheckpoint(Buffer.from(bad)), CheckpointError, JSON.stringify(bad))
  }
})

test('leader epoch checkpoints', () => {
  const entries = [
    { epoch: 0, startOffset: 0 },
    { epoch: 3, startOffset: 120 },
  ]
  assert.equal(formatEpochCheckpoint(entries).toString(), '0\n2\n0 0\n3 120\n')
  assert.deepEqual(parseEpochCheckpoint(Buffer.from('0\n2\n0 0\n3 120\n')), entries)
})

test('offset index: 8 bytes an entry, relative offset and position', () => {
  const index = new OffsetIndex(1000)
  for (let at = 0; at < 100; at++) index.append(1000 + at * 10, at * 50)
  assert.equal(index.encode(98).toString('hex'), '000003d400001324000003de00001356')
  const decoded = OffsetIndex.decode(1000, index.encode(0), 5000)
  assert.equal(decoded?.entries, 100)
  assert.deepEqual(
    [999, 1000, 1009, 1010, 1990, 5000].map((offset) => decoded?.positionFor(offset)),
    [0, 0, 0, 50, 4950, 4950],
  )
  assert.equal(OffsetIndex.decode(1000, index.encode(0), 4950), undefined, 'an entry beyond the file')
  assert.equal(OffsetIndex.decode(1000, Buffer.concat([index.encode(0), Buffer.alloc(8)]), 5000), undefined, 'preallocated zeros')
  assert.equal(OffsetIndex.decode(1000, index.encode(0).subarray(1), 5000), undefined)
})

test('time index: 12 bytes an entry, growing timestamps only', () => {
  const index = new TimeIndex(1000)
  index.maybeAppend(1_700_000_000_000, 1003)
  index.maybeAppend(1_700_000_000_000, 1004)
  index.maybeAppend(1_699_999_999_999, 1005)
  index.maybeAppend(1_700_000_000_500, 1010)
  assert.equal(index.encode(0).toString('hex'), '0000018bcfe56800' + '00000003' + '0000018bcfe569f4' + '0000000a')
  assert.deepEqual(
    [1, 1_700_000_000_000, 1_700_000_000_499, 2e12].map((timestamp) => index.offsetFor(timestamp)),
    [1000, 1003, 1003, 1010],
  )
  assert.equal(TimeIndex.decode(1000, index.encode(0))?.lastTimestamp, 1_700_000_000_500)
  assert.equal(TimeIndex.decode(1000, Buffer.concat([index.encode(0), Buffer.alloc(12)])), undefined)
})

test('transaction index: 34 bytes an entry', () => {
  const index = new TransactionIndex()
  index.append({ producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 })
  const bytes = index.encode(0)
  assert.equal(bytes.toString('hex'), '0000' + [1, 2, 3, 4].map((value) => value.toString(16).padStart(16, '0')).join(''))
  assert.equal(TransactionIndex.decode(0, bytes)?.entries, 1)
  assert.equal(TransactionIndex.decode(4, bytes), undefined, 'a marker before the segment')
  assert.equal(TransactionIndex.decode(0, bytes.subarray(0, 33)), undefined)
})

test('producer snapshots: checked by their CRC at every bit', () => {
  const entries = [
    {
      producerId: 2 ** 52,
      producerEpoch: 3,
      lastSequence: 2 ** 31 - 1,
      lastOffset: 99,
      offsetDelta: 4,
      timestamp: 1_700_000_000_000,
      coordinatorEpoch: -1,
      currentTxnFirstOffset: -1,
    },
    {
      producerId: 7,
      producerEpoch: -1,
      lastSequence: -1,
      lastOffset: -1,
      offsetDelta: 0,
      timestamp: -1,
      coordinatorEpoch: 5,
      currentTxnFirstOffset: 12,
    },
  ]
  const bytes = encodeProducerSnapshot(entries, crc32c)
  assert.equal(bytes.length, 2 + 4 + 4 + 2 * 46)
  assert.deepEqual(decodeProducerSnapshot(bytes, crc32c), entries)
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ 0x10
    assert.equal(decodeProducerSnapshot(damaged, crc32c), undefined, `byte ${at}`)
    assert.equal(decodeProducerSnapshot(bytes.subarray(0, at), crc32c), undefined, `cut at ${at}`)
  }
})

test('names of files and directories', () => {
  assert.equal(segmentFileName(2 ** 53 - 1, 'timeindex'), '00009007199254740991.timeindex')
  assert.deepEqual(parseSegmentFileName('00000000000000000042.log'), { baseOffset: 42, suffix: 'log' })
  for (const name of ['42.log', '00000000000000000042.log.deleted', '99999999999999999999.log', 'leader-epoch-checkpoint']) {
    assert.equal(parseSegmentFileName(name), undefined, name)
  }
  assert.deepEqual(parsePartitionDirectoryName('a-1-b-20'), { topic: 'a-1-b', partition: 20 })
  for (const name of ['a', 'a-01', '-', 'a-b', 'ü-1']) assert.equal(parsePartitionDirectoryName(name), undefined, name)
  const retired = retiredDirectoryName('t'.repeat(249), 12, '123e4567-e89b-42d3-a456-426614174000', 'delete')
  assert.equal(retired.length, 255)
  assert.ok(retired.endsWith('t-12.123e4567e89b42d3a456426614174000-delete') && isDeletedDirectoryName(retired))
  assert.equal(parsePartitionDirectoryName(retired), undefined)
})
