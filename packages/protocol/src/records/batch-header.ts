/** Reads a batch's 61-byte header, checks its CRC and finds its records. Facts only: what to do about them is the caller's. */

import type { CompressionName } from '../compression/compression-types.ts'
import { compressionTypeById } from '../compression/compression-types.ts'
import { MalformedError } from '../wire/malformed-error.ts'
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  COMPRESSION_MASK,
  CONTROL_BIT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD_BYTES,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  RECORDS_AT,
  TRANSACTIONAL_BIT,
} from './batch-layout.ts'
import { readInt64 } from './int64.ts'

export type TimestampType = 'CreateTime' | 'LogAppendTime'

export interface BatchHeader {
  readonly baseOffset: number
  /** Bytes after the length field. */
  readonly batchLength: number
  readonly partitionLeaderEpoch: number
  readonly magic: number
  /** Unsigned. */
  readonly crc: number
  readonly attributes: number
  readonly lastOffsetDelta: number
  /** What the records' timestamps are told from: the first one's, or the delete horizon of a compacted batch. −1 when the batch is empty. */
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** −1 when the producer is neither idempotent nor transactional. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
  /** The whole batch: `batchLength` + 12. */
  readonly sizeBytes: number
  readonly lastOffset: number
  readonly compression: CompressionName
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly timestampType: TimestampType
}

/**
 * A batch whose magic is not 2. Kafka 4 answers Produce (every version it serves) with INVALID_RECORD (87) when the first
 * batch has another magic: the check comes before the log sees it, so UNSUPPORTED_FOR_MESSAGE_FORMAT never appears.
 */
export class UnsupportedMagicError extends Error {
  override readonly name = 'UnsupportedMagicError'
  readonly magic: number
  /** Kafka's INVALID_RECORD. */
  readonly errorCode = 87

  constructor(magic: number) {
    super(`Record batches of magic ${magic} are not supported, only magic 2 (Kafka 0.11 and later)`)
    this.magic = magic
  }
}

/** Size in bytes that the batch at `position` declares; −1 when fewer than 12 bytes are left to tell. Throws MalformedError on a length that no batch has. */
export function batchSizeAt(buffer: Buffer, position: number): number {
  if (buffer.length - position < LOG_OVERHEAD_BYTES) return -1
  const sizeBytes = buffer.readInt32BE(position + BATCH_LENGTH_AT) + LOG_OVERHEAD_BYTES
  // The magic byte decides what the rest means, and every format reaches at least that far.
  if (sizeBytes <= MAGIC_AT) throw new MalformedError(`Batch length ${sizeBytes - LOG_OVERHEAD_BYTES} is too small for a batch`)
  return sizeBytes
}

/**
 * Needs the 61 bytes of the header, not the whole batch: `sizeBytes` may reach past the buffer (a file read piecewise, the cut tail of a
 * fetch response). Throws MalformedError on truncated or contradictory headers, UnsupportedMagicError on magic 0 and 1.
 */
export function readBatchHeader(buffer: Buffer, position: number): BatchHeader {
  const available = buffer.length - position
  if (position < 0 || available <= MAGIC_AT) throw new MalformedError(`Batch header truncated: ${available} bytes`)
  const magic = buffer.readInt8(position + MAGIC_AT)
  if (magic !== MAGIC_V2) throw new UnsupportedMagicError(magic)
  if (available < BATCH_HEADER_BYTES) throw new MalformedError(`Batch header truncated: ${available} of ${BATCH_HEADER_BYTES} bytes`)
  const batchLength = buffer.readInt32BE(position + BATCH_LENGTH_AT)
  const sizeBytes = batchLength + LOG_OVERHEAD_BYTES
  if (sizeBytes < BATCH_HEADER_BYTES) throw new MalformedError(`Batch length ${batchLength} is less than its header`)
  const attributes = buffer.readInt16BE(position + ATTRIBUTES_AT)
  const compression = compressionTypeById(attributes & COMPRESSION_MASK)
  if (compression === undefined) throw new MalformedError(`Unknown compression type ${attributes & COMPRESSION_MASK}`)
  const baseOffset = readInt64(buffer, position + BASE_OFFSET_AT)
  const lastOffsetDelta = buffer.readInt32BE(position + LAST_OFFSET_DELTA_AT)
  const lastOffset = baseOffset + lastOffsetDelta
  if (!Number.isSafeInteger(lastOffset)) throw new MalformedError(`Last offset ${lastOffset} is outside ±(2^53 − 1)`)
  const recordCount = buffer.readInt32BE(position + RECORD_COUNT_AT)
  if (recordCount < 0) throw new MalformedError(`Record count ${recordCount} is negative`)
  return {
    baseOffset,
    batchLength,
    partitionLeaderEpoch: buffer.readInt32BE(position + PARTITION_LEADER_EPOCH_AT),
    magic,
    crc: buffer.readUInt32BE(position + CRC_AT),
    attributes,
    lastOffsetDelta,
    baseTimestamp: readInt64(buffer, position + BASE_TIMESTAMP_AT),
    maxTimestamp: readInt64(buffer, position + MAX_TIMESTAMP_AT),
    producerId: readInt64(buffer, position + PRODUCER_ID_AT),
    producerEpoch: buffer.readInt16BE(position + PRODUCER_EPOCH_AT),
    baseSequence: buffer.readInt32BE(position + BASE_SEQUENCE_AT),
    recordCount,
    sizeBytes,
    lastOffset,
    compression: compression.name,
    isTransactional: (attributes & TRANSACTIONAL_BIT) !== 0,
    isControl: (attributes & CONTROL_BIT) !== 0,
    timestampType: (attributes & LOG_APPEND_TIME_BIT) === 0 ? 'CreateTime' : 'LogAppendTime',
  }
}

/** Throws MalformedError when the batch is not wholly in `buffer`. */
export function batchCrcIsValid(buffer: Buffer, position: number, crc32c: (data: Uint8Array) => number): boolean {
  const end = batchEnd(buffer, position)
  return buffer.readUInt32BE(position + CRC_AT) === crc32c(buffer.subarray(position + ATTRIBUTES_AT, end))
}

/** The records as they lie in the batch, compressed if the batch is; shares memory with it. Throws MalformedError when the batch is truncated. */
export function recordsSection(batch: Buffer, position: number, header: BatchHeader): Buffer {
  const end = position + header.sizeBytes
  if (end > batch.length) throw truncated(header.sizeBytes, batch.length - position)
  return batch.subarray(position + RECORDS_AT, end)
}

function batchEnd(buffer: Buffer, position: number): number {
  const sizeBytes = batchSizeAt(buffer, position)
  if (sizeBytes < BATCH_HEADER_BYTES || position + sizeBytes > buffer.length) throw truncated(sizeBytes, buffer.length - position)
  return position + sizeBytes
}

function truncated(sizeBytes: number, available: number): MalformedError {
  return new MalformedError(`Batch truncated: ${available} of ${sizeBytes} bytes`)
}
