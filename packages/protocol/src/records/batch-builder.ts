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
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'

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
    const headersBytes = headers.length === 0 ? 1 : sizeOfHeaders(headers)
    // Most strings are ASCII, whose length in bytes is known; only when writing finds another character are they measured.
    const slack = (typeof key === 'string' ? key.length * 2 : 0) + (typeof value === 'string' ? value.length * 2 : 0)
    const end = this.#position + MAX_RECORD_OVERHEAD_BYTES + lengthOf(key) + lengthOf(value) + headersBytes + slack
    const fits = end <= this.#buffer.length
    if (!fits || !this.#write(timestampDelta, key, lengthOf(key), value, lengthOf(value), headers, headersBytes)) {
      const keyLength = typeof key === 'string' ? utf8Length(key) : lengthOf(key)
      const valueLength = typeof value === 'string' ? utf8Length(value) : lengthOf(value)
      this.#makeRoom(MAX_RECORD_OVERHEAD_BYTES + keyLength + valueLength + headersBytes)
      this.#write(timestampDelta, key, keyLength, value, valueLength, headers, headersBytes)
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
    headersBytes: number,
  ): boolean {
    const buffer = this.#buffer
    const offsetDelta = this.#recordCount
    const bodyBytes =
      1 +
      varlongSize(timestampDelta) +
      varintSize(offsetDelta) +
      (key === null ? 1 : varintSize(keyLength) + keyLength) +
      (value === null ? 1 : varintSize(valueLength) + valueLength) +
      headersBytes
    let at = writeVarint(buffer, this.#position, bodyBytes)
    buffer[at++] = 0
    at = writeVarlong(buffer, at, timestampDelta)
    at = writeVarint(buffer, at, offsetDelta)
    at = writeBytes(buffer, at, key, keyLength)
    if (at < 0) return false
    at = writeBytes(buffer, at, value, valueLength)
    if (at < 0) return false
    this.#position = headers.length === 0 ? writeVarint(buffer, at, 0) : writeHeaders(buffer, at, headers)
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

/** In bytes, for a string as though it were ASCII; 0 for null. */
function lengthOf(bytes: RecordBytes): number {
  return bytes === null ? 0 : bytes.length
}

function maxBytes(bytes: RecordBytes): number {
  return bytes === null ? 0 : typeof bytes === 'string' ? bytes.length * 3 : bytes.length
}

/** Length-prefixed bytes at `at`; returns the position after them, −1 when a string is not of `length` bytes because it is not ASCII. */
function writeBytes(target: Buffer, at: number, bytes: RecordBytes, length: number): number {
  if (bytes === null) return writeVarint(target, at, -1)
  const start = writeVarint(target, at, length)
  if (typeof bytes !== 'string') {
    if (length > COPY_LOOP_MAX_BYTES) target.set(bytes, start)
    else for (let i = 0; i < length; i++) target[start + i] = bytes[i] as number
  } else if (bytes.length !== length) {
    target.write(bytes, start, length, 'utf8')
  } else if (!writeAscii(target, start, bytes)) {
    return -1
  }
  return start + length
}

function sizeOfHeaders(headers: readonly RecordHeader[]): number {
  let bytes = varintSize(headers.length)
  for (const { key, value } of headers) {
    const keyLength = utf8Length(key)
    bytes += varintSize(keyLength) + keyLength + (value === null ? 1 : varintSize(value.length) + value.length)
  }
  return bytes
}

function writeHeaders(target: Buffer, at: number, headers: readonly RecordHeader[]): number {
  let next = writeVarint(target, at, headers.length)
  for (const { key, value } of headers) {
    const keyLength = utf8Length(key)
    next = writeVarint(target, next, keyLength)
    target.write(key, next, keyLength, 'utf8')
    next = writeBytes(target, next + keyLength, value, value === null ? 0 : value.length)
  }
  return next
}
