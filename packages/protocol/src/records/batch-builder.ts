/** Encodes records straight into a growing batch buffer: no object a record, each byte copied once. */

import type { CodecName } from '../compression/compression-types.ts'
import { compressionTypeByName } from '../compression/compression-types.ts'
import type { TimestampType } from './batch-header.ts'
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_HEADER_BYTES,
  BATCH_LENGTH_AT,
  CONTROL_BIT,
  CRC_AT,
  LAST_OFFSET_DELTA_AT,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD_BYTES,
  MAGIC_AT,
  MAGIC_V2,
  MAX_TIMESTAMP_AT,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORD_COUNT_AT,
  TRANSACTIONAL_BIT,
} from './batch-layout.ts'
import { writeInt64 } from './int64.ts'
import { utf8Length, writeAscii } from './utf8.ts'
import { lengthSize, writeLength, writeVarlong } from './varint.ts'

/** Order and duplicates are kept. */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** Bytes, a string written as UTF-8, or null (which is not the empty value). */
export type RecordBytes = Uint8Array | string | null

export interface BatchCompression {
  readonly type: CodecName
  compress(data: Uint8Array): Uint8Array
}

export interface BuildOptions {
  crc32c(data: Uint8Array): number
  readonly compression?: BatchCompression | undefined
  /** Default −1: not idempotent. */
  readonly producerId?: number | undefined
  readonly producerEpoch?: number | undefined
  readonly baseSequence?: number | undefined
  readonly isTransactional?: boolean | undefined
  readonly isControl?: boolean | undefined
  /** Default CreateTime. */
  readonly timestampType?: TimestampType | undefined
  /** Default −1: the broker sets it. */
  readonly partitionLeaderEpoch?: number | undefined
  /** Default 0: the broker sets it. */
  readonly baseOffset?: number | undefined
}

const NO_HEADERS: readonly RecordHeader[] = []
const MAX_BATCH_BYTES = 2_147_483_647
const DEFAULT_INITIAL_BYTES = 16_384
/** Below this a byte loop beats TypedArray's set. */
const COPY_LOOP_MAX_BYTES = 16
/** Varints of length, timestamp delta, offset delta, key length, value length and header count at their longest, and the attributes. */
const MAX_RECORD_OVERHEAD_BYTES = 5 + 1 + 8 + 5 + 5 + 5 + 5
/** Attributes, timestamp delta, offset delta, header count and the two lengths. */
const TYPICAL_RECORD_OVERHEAD_BYTES = 8
/** −1, zig-zag. */
const NULL_LENGTH = 1

export class RecordBatchBuilder {
  #buffer: Buffer
  #position = BATCH_HEADER_BYTES
  #recordCount = 0
  #baseTimestamp = NO_TIMESTAMP
  #maxTimestamp = NO_TIMESTAMP

  /** `initialBytes` is what is allocated up front; it doubles when it is full. */
  constructor(initialBytes: number = DEFAULT_INITIAL_BYTES) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(initialBytes, BATCH_HEADER_BYTES))
  }

  get recordCount(): number {
    return this.#recordCount
  }

  /** Of the batch so far, uncompressed, its header included. */
  get sizeBytes(): number {
    return this.#position
  }

  /** Largest timestamp appended, −1 while there is none. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /** Upper bound of what a record adds to `sizeBytes`; generous for strings (three bytes a character), as it does not look into them. */
  static estimateBytes(key: RecordBytes, value: RecordBytes, headers: readonly RecordHeader[] = NO_HEADERS): number {
    let bytes = MAX_RECORD_OVERHEAD_BYTES + maxBytes(key) + maxBytes(value)
    for (const header of headers) bytes += 10 + maxBytes(header.key) + maxBytes(header.value)
    return bytes
  }

  /**
   * Appends one record at the next offset. Throws RangeError, with the batch as it was, on a timestamp that is not an integer
   * between −1 and 2^53 − 1 milliseconds and when the batch would pass 2 GiB.
   */
  append(timestampMs: number, key: RecordBytes, value: RecordBytes, headers: readonly RecordHeader[] = NO_HEADERS): void {
    if (!Number.isSafeInteger(timestampMs) || timestampMs < NO_TIMESTAMP) throw new RangeError(`Timestamp ${timestampMs} is not valid`)
    const timestampDelta = this.#recordCount === 0 ? 0 : timestampMs - this.#baseTimestamp
    // Most strings are ASCII, whose length in bytes is known; only when writing finds another character are they measured.
    const keyLength = key === null ? 0 : key.length
    const valueLength = value === null ? 0 : value.length
    const slack = (typeof key === 'string' ? keyLength * 2 : 0) + (typeof value === 'string' ? valueLength * 2 : 0)
    const headersBytes = headers.length === 0 ? 1 : sizeOfHeaders(headers)
    const end = this.#position + MAX_RECORD_OVERHEAD_BYTES + keyLength + valueLength + headersBytes + slack
    if (end > this.#buffer.length || !this.#write(timestampDelta, key, keyLength, value, valueLength, headers)) {
      const exactKeyLength = typeof key === 'string' ? utf8Length(key) : keyLength
      const exactValueLength = typeof value === 'string' ? utf8Length(value) : valueLength
      this.#makeRoom(MAX_RECORD_OVERHEAD_BYTES + exactKeyLength + exactValueLength + headersBytes)
      this.#write(timestampDelta, key, exactKeyLength, value, exactValueLength, headers)
    }
    if (this.#recordCount === 0) this.#baseTimestamp = timestampMs
    if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs
    this.#recordCount++
  }

  /**
   * The finished batch. Uncompressed, it shares the builder's memory: append no more while it is in use. May be called again, with another
   * producer state for instance. Throws RangeError when the batch is empty.
   */
  build(options: BuildOptions): Buffer {
    if (this.#recordCount === 0) throw new RangeError('A record batch has at least one record')
    const batch = options.compression === undefined ? this.#buffer.subarray(0, this.#position) : this.#compressed(options.compression)
    let attributes = options.compression === undefined ? 0 : (compressionTypeByName(options.compression.type)?.id ?? 0)
    if (options.timestampType === 'LogAppendTime') attributes |= LOG_APPEND_TIME_BIT
    if (options.isTransactional === true) attributes |= TRANSACTIONAL_BIT
    if (options.isControl === true) attributes |= CONTROL_BIT
    writeInt64(batch, BASE_OFFSET_AT, options.baseOffset ?? 0)
    batch.writeInt32BE(batch.length - LOG_OVERHEAD_BYTES, BATCH_LENGTH_AT)
    batch.writeInt32BE(options.partitionLeaderEpoch ?? -1, PARTITION_LEADER_EPOCH_AT)
    batch[MAGIC_AT] = MAGIC_V2
    batch.writeInt16BE(attributes, ATTRIBUTES_AT)
    batch.writeInt32BE(this.#recordCount - 1, LAST_OFFSET_DELTA_AT)
    writeInt64(batch, BASE_TIMESTAMP_AT, this.#baseTimestamp)
    writeInt64(batch, MAX_TIMESTAMP_AT, this.#maxTimestamp)
    writeInt64(batch, PRODUCER_ID_AT, options.producerId ?? NO_PRODUCER_ID)
    batch.writeInt16BE(options.producerEpoch ?? NO_PRODUCER_EPOCH, PRODUCER_EPOCH_AT)
    batch.writeInt32BE(options.baseSequence ?? NO_SEQUENCE, BASE_SEQUENCE_AT)
    batch.writeInt32BE(this.#recordCount, RECORD_COUNT_AT)
    batch.writeUInt32BE(options.crc32c(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
    return batch
  }

  /** The records so far, uncompressed, sharing the builder's memory: for a codec on another thread. */
  records(): Buffer {
    return this.#buffer.subarray(BATCH_HEADER_BYTES, this.#position)
  }

  /** Empties the builder and keeps its memory. The batches built from it without compression are gone with it. */
  reset(): void {
    this.#position = BATCH_HEADER_BYTES
    this.#recordCount = 0
    this.#baseTimestamp = NO_TIMESTAMP
    this.#maxTimestamp = NO_TIMESTAMP
  }

  /** Writes one record, moves on and returns true; returns false with nothing changed when a string taken for ASCII is not. */
  #write(
    timestampDelta: number,
    key: RecordBytes,
    keyLength: number,
    value: RecordBytes,
    valueLength: number,
    headers: readonly RecordHeader[],
  ): boolean {
    const buffer = this.#buffer
    // The body's length goes before it: its own size is guessed, which is right but for records about as long as one of its steps.
    const guess = lengthSize(keyLength + valueLength + TYPICAL_RECORD_OVERHEAD_BYTES)
    const start = this.#position + guess
    let at = start
    buffer[at++] = 0
    if (timestampDelta >= 0 && timestampDelta < 64) buffer[at++] = timestampDelta << 1
    else at = writeVarlong(buffer, at, timestampDelta)
    at = writeLength(buffer, at, this.#recordCount)
    if (key === null) buffer[at++] = NULL_LENGTH
    else if ((at = writeBytes(buffer, at, key, keyLength)) < 0) return false
    if (value === null) buffer[at++] = NULL_LENGTH
    else if ((at = writeBytes(buffer, at, value, valueLength)) < 0) return false
    if (headers.length === 0) buffer[at++] = 0
    else at = writeHeaders(buffer, at, headers)
    const bodyBytes = at - start
    const shift = lengthSize(bodyBytes) - guess
    if (shift !== 0) buffer.copyWithin(start + shift, start, at)
    writeLength(buffer, this.#position, bodyBytes)
    this.#position = at + shift
    return true
  }

  #compressed(compression: BatchCompression): Buffer {
    const records = compression.compress(this.records())
    const batch = Buffer.allocUnsafeSlow(BATCH_HEADER_BYTES + records.length)
    batch.set(records, BATCH_HEADER_BYTES)
    return batch
  }

  #makeRoom(bytes: number): void {
    const needed = this.#position + bytes
    if (needed <= this.#buffer.length) return
    if (needed > MAX_BATCH_BYTES) throw new RangeError(`A record batch of ${needed} bytes is over 2 GiB`)
    const grown = Buffer.allocUnsafeSlow(Math.min(MAX_BATCH_BYTES, Math.max(needed, this.#buffer.length * 2)))
    grown.set(this.#buffer.subarray(0, this.#position))
    this.#buffer = grown
  }
}

function maxBytes(bytes: RecordBytes): number {
  return bytes === null ? 0 : typeof bytes === 'string' ? bytes.length * 3 : bytes.length
}

/** Length-prefixed bytes at `at`; returns the position after them, −1 when a string is not of `length` bytes because it is not ASCII. */
function writeBytes(target: Buffer, at: number, bytes: Uint8Array | string, length: number): number {
  const start = writeLength(target, at, length)
  if (typeof bytes !== 'string') {
    if (length > COPY_LOOP_MAX_BYTES) target.set(bytes, start)
    else for (let i = 0; i < length; i++) target[start + i] = bytes[i] as number
  } else if (bytes.length !== length) {
    target.write(bytes, start, length)
  } else if (!writeAscii(target, start, bytes)) {
    return -1
  }
  return start + length
}

function sizeOfHeaders(headers: readonly RecordHeader[]): number {
  let bytes = lengthSize(headers.length)
  for (const { key, value } of headers) {
    const keyLength = utf8Length(key)
    bytes += lengthSize(keyLength) + keyLength + (value === null ? 1 : lengthSize(value.length) + value.length)
  }
  return bytes
}

function writeHeaders(target: Buffer, at: number, headers: readonly RecordHeader[]): number {
  let next = writeLength(target, at, headers.length)
  for (const { key, value } of headers) {
    const keyLength = utf8Length(key)
    next = writeLength(target, next, keyLength)
    target.write(key, next, keyLength)
    next += keyLength
    if (value === null) target[next++] = NULL_LENGTH
    else next = writeBytes(target, next, value, value.length)
  }
  return next
}
