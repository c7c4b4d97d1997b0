/** Rewrites a batch that loses records to compaction: offsets, sequences and producer stay as they were (KIP-98), the delete horizon is noted (KIP-534). */

import type { BatchHeader } from './batch-header.ts'
import {
  ATTRIBUTES_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  COMPRESSION_MASK,
  CRC_AT,
  DELETE_HORIZON_BIT,
  LOG_OVERHEAD_BYTES,
  MAX_TIMESTAMP_AT,
  NO_TIMESTAMP,
  RECORD_COUNT_AT,
} from './batch-layout.ts'
import { writeInt64 } from './int64.ts'
import type { RecordCursor } from './record-cursor.ts'
import { writeLength, writeVarlong } from './varint.ts'

/** A varlong at its longest: what another base timestamp may add to a record, its length's growth included. */
const MAX_TIMESTAMP_GROWTH_BYTES = 9

export interface RetainedBatch {
  readonly recordCount: number
  readonly maxTimestamp: number
  /** Becomes the base timestamp, which `selectRecords` must have been given, too. Undefined leaves both as they are. */
  readonly deleteHorizonMs: number | undefined
}

/** When tombstones and obsolete markers in the batch may go, in milliseconds since the epoch; undefined when that is not decided yet. */
export function deleteHorizonOf(header: Pick<BatchHeader, 'attributes' | 'baseTimestamp'>): number | undefined {
  return (header.attributes & DELETE_HORIZON_BIT) === 0 ? undefined : header.baseTimestamp
}

/**
 * The records that `isKept` marks by position, as a records section of their own; `cursor` must be at its start. Offset deltas stay.
 * Timestamps are told from `baseTimestamp` where one is given.
 */
export function selectRecords(cursor: RecordCursor, isKept: Uint8Array, baseTimestamp: number | undefined): Buffer {
  const room = baseTimestamp === undefined ? 0 : isKept.length * MAX_TIMESTAMP_GROWTH_BYTES
  const target = Buffer.allocUnsafe(cursor.buffer.length + room)
  let end = 0
  for (let index = 0; cursor.next(); index++) {
    if (isKept[index] === 0) continue
    const record = cursor.recordBytes()
    if (baseTimestamp === undefined) {
      target.set(record, end)
      end += record.length
    } else end = writeRecord(target, end, record, cursor.timestampMs - baseTimestamp)
  }
  return target.subarray(0, end)
}

/** The batch at `position` with another records section, compressed as it was. */
export function withRecords(
  batch: Buffer,
  position: number,
  section: Uint8Array,
  { recordCount, maxTimestamp, deleteHorizonMs }: RetainedBatch,
  crc32c: (data: Uint8Array) => number,
): Buffer {
  const result = Buffer.allocUnsafe(BATCH_HEADER_BYTES + section.length)
  batch.copy(result, 0, position, position + BATCH_HEADER_BYTES)
  result.set(section, BATCH_HEADER_BYTES)
  result.writeInt32BE(recordCount, RECORD_COUNT_AT)
  writeInt64(result, MAX_TIMESTAMP_AT, maxTimestamp)
  if (deleteHorizonMs !== undefined) {
    result.writeInt16BE(result.readInt16BE(ATTRIBUTES_AT) | DELETE_HORIZON_BIT, ATTRIBUTES_AT)
    writeInt64(result, BASE_TIMESTAMP_AT, deleteHorizonMs)
  }
  return sealed(result, crc32c)
}

/** The batch at `position` without records: what is left to tell its offsets and its producer's last sequence. */
export function withoutRecords(batch: Buffer, position: number, crc32c: (data: Uint8Array) => number): Buffer {
  const result = Buffer.from(batch.subarray(position, position + BATCH_HEADER_BYTES))
  result.writeInt16BE(result.readInt16BE(ATTRIBUTES_AT) & ~(COMPRESSION_MASK | DELETE_HORIZON_BIT), ATTRIBUTES_AT)
  writeInt64(result, BASE_TIMESTAMP_AT, NO_TIMESTAMP)
  result.writeInt32BE(0, RECORD_COUNT_AT)
  return sealed(result, crc32c)
}

function sealed(batch: Buffer, crc32c: (data: Uint8Array) => number): Buffer {
  batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, BATCH_LENGTH_AT)
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
  return batch
}

/** The record with another timestamp delta; returns where it ends. */
function writeRecord(target: Buffer, at: number, record: Buffer, timestampDelta: number): number {
  const attributesAt = afterVarint(record, 0)
  const restAt = afterVarint(record, attributesAt + 1)
  const delta = Buffer.allocUnsafe(MAX_TIMESTAMP_GROWTH_BYTES)
  const deltaBytes = writeVarlong(delta, 0, timestampDelta)
  const length = 1 + deltaBytes + record.length - restAt
  let end = writeLength(target, at, length)
  target[end++] = record[attributesAt] as number
  end += delta.copy(target, end, 0, deltaBytes)
  return end + record.copy(target, end, restAt)
}

function afterVarint(record: Buffer, at: number): number {
  let next = at
  while ((record[next] as number) >= 0x80) next++
  return next + 1
}
