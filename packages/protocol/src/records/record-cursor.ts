/** Walks the records of one batch lazily: one reusable object, no object a record, bytes handed out only on request. */

import { MalformedError } from '../wire/malformed-error.ts'
import type { RecordHeader } from './batch-builder.ts'
import type { BatchHeader } from './batch-header.ts'
import { MIN_RECORD_BYTES } from './batch-layout.ts'

const EMPTY = Buffer.alloc(0)
const TWO_32 = 4_294_967_296
/** From −1 to the largest timestamp. */
const MAX_TIMESTAMP_DELTA = 2 ** 53

/** What of a batch's header its records depend on. */
export type RecordsHeader = Pick<BatchHeader, 'recordCount' | 'baseOffset' | 'baseTimestamp' | 'timestampType' | 'maxTimestamp'>

/**
 * After `next()` has returned true the fields describe that record. Positions are into `buffer`, which is the inflated records section.
 * Every method throws MalformedError on records that contradict their lengths or their count.
 */
export class RecordCursor {
  /** The records section given to `reset`. */
  buffer: Buffer = EMPTY
  offset = 0
  /** The batch's own time under LogAppendTime. */
  timestampMs = 0
  keyStart = 0
  /** −1 when the key is null. */
  keyLength = -1
  valueStart = 0
  /** −1 when the value is null. */
  valueLength = -1

  #position = 0
  #end = 0
  #remaining = 0
  #baseOffset = 0
  #baseTimestamp = 0
  #logAppendTimeMs = 0
  #isLogAppendTime = false
  #headersStart = 0
  #recordStart = 0
  #recordEnd = 0

  /** Starts at the first record of a batch. `records` is its inflated records section; `batch` and `position` say where the batch lies. */
  reset(_batch: Buffer, _position: number, header: RecordsHeader, records: Buffer): void {
    if (header.recordCount * MIN_RECORD_BYTES > records.length) {
      throw new MalformedError(`${header.recordCount} records cannot lie in ${records.length} bytes`)
    }
    this.buffer = records
    this.#position = 0
    this.#end = records.length
    this.#remaining = header.recordCount
    this.#baseOffset = header.baseOffset
    this.#baseTimestamp = header.baseTimestamp
    this.#isLogAppendTime = header.timestampType === 'LogAppendTime'
    this.#logAppendTimeMs = header.maxTimestamp
  }

  /** Moves to the next record; false after the last. */
  next(): boolean {
    if (this.#remaining === 0) {
      if (this.#position !== this.#end) throw new MalformedError(`${this.#end - this.#position} bytes after the last record`)
      return false
    }
    this.#remaining--
    // Bytes past the end read as undefined, which ends a varint: one check at the end of the record's fixed part covers them all.
    const start = this.#position
    this.#recordStart = start
    const length = this.#varint()
    const end = this.#position + length
    if (length < MIN_RECORD_BYTES - 1 || end > this.#end)
      throw new MalformedError(`Record of ${length} bytes at ${start} does not fit its batch`)
    this.#position++
    const timestampDelta = this.#varlong()
    const offsetDelta = this.#varint()
    const keyLength = this.#varint()
    this.keyStart = this.#position
    this.keyLength = keyLength
    if (keyLength > 0) this.#position += keyLength
    const valueLength = this.#varint()
    const valueStart = this.#position
    const headersStart = valueLength > 0 ? valueStart + valueLength : valueStart
    if (keyLength < -1 || valueLength < -1 || headersStart >= end)
      throw new MalformedError(`Key or value of the record at ${start} does not fit it`)
    this.valueStart = valueStart
    this.valueLength = valueLength
    this.offset = this.#baseOffset + offsetDelta
    const timestampMs = this.#baseTimestamp + timestampDelta
    if (timestampMs > Number.MAX_SAFE_INTEGER || timestampMs < -Number.MAX_SAFE_INTEGER) {
      throw new MalformedError(`Timestamp ${timestampMs} is outside ±(2^53 − 1)`)
    }
    this.timestampMs = this.#isLogAppendTime ? this.#logAppendTimeMs : timestampMs
    this.#headersStart = headersStart
    this.#recordEnd = end
    this.#position = end
    return true
  }

  /** Shares the batch's memory. */
  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.buffer.subarray(this.keyStart, this.keyStart + this.keyLength)
  }

  /** Shares the batch's memory. */
  value(): Buffer | null {
    return this.valueLength < 0 ? null : this.buffer.subarray(this.valueStart, this.valueStart + this.valueLength)
  }

  /** In order, duplicates kept; values share the batch's memory. */
  headers(): RecordHeader[] {
    const headers: RecordHeader[] = []
    this.#walkHeaders(headers)
    return headers
  }

  /** The whole record as it lies in the section, its length included; shares the batch's memory. */
  recordBytes(): Buffer {
    return this.buffer.subarray(this.#recordStart, this.#recordEnd)
  }

  /** Checks the current record's headers, which `next` leaves alone, without making objects of them. */
  checkHeaders(): void {
    this.#walkHeaders(undefined)
  }

  #walkHeaders(headers: RecordHeader[] | undefined): void {
    const resume = this.#position
    const end = this.#recordEnd
    this.#position = this.#headersStart
    const count = this.#varint()
    // A header is two bytes at least: its key's length and its value's.
    if (count < 0 || count * 2 > end - this.#position)
      throw new MalformedError(`${count} headers cannot lie in the record at ${this.#recordStart}`)
    for (let i = 0; i < count; i++) {
      const keyLength = this.#varint()
      const keyStart = this.#position
      if (keyLength < 0 || keyStart + keyLength > end) throw new MalformedError(`Header key of ${keyLength} bytes`)
      this.#position = keyStart + keyLength
      const valueLength = this.#varint()
      const valueStart = this.#position
      if (valueLength < -1 || valueStart + valueLength > end) throw new MalformedError(`Header value of ${valueLength} bytes`)
      if (valueLength > 0) this.#position = valueStart + valueLength
      headers?.push({
        key: this.buffer.toString('utf8', keyStart, keyStart + keyLength),
        value: valueLength < 0 ? null : this.buffer.subarray(valueStart, valueStart + valueLength),
      })
    }
    if (this.#position !== end)
      throw new MalformedError(`Record at ${this.#recordStart} is ${end - this.#position} bytes longer than what it holds`)
    this.#position = resume
  }

  /** A zig-zag varint of at most 32 bits. */
  #varint(): number {
    const buffer = this.buffer
    let at = this.#position
    let byte = buffer[at++] as number
    let raw = byte & 0x7f
    if (byte >= 0x80) {
      byte = buffer[at++] as number
      raw |= (byte & 0x7f) << 7
      if (byte >= 0x80) {
        byte = buffer[at++] as number
        raw |= (byte & 0x7f) << 14
        if (byte >= 0x80) {
          byte = buffer[at++] as number
          raw |= (byte & 0x7f) << 21
          if (byte >= 0x80) {
            byte = buffer[at++] as number
            raw |= byte << 28
            if (byte > 0x0f) throw new MalformedError('Varint of more than 32 bits')
          }
        }
      }
    }
    this.#position = at
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** A zig-zag varint of at most 64 bits, checked to be within ±2^53. */
  #varlong(): number {
    const buffer = this.buffer
    const first = buffer[this.#position] as number
    if (first < 0x80) {
      this.#position++
      return (first >>> 1) ^ -(first & 1)
    }
    return this.#longVarlong()
  }

  #longVarlong(): number {
    const buffer = this.buffer
    let at = this.#position
    let low = 0
    let high = 0
    let shift = 0
    for (;;) {
      const byte = buffer[at++] as number
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (shift === 63 && byte > 1) throw new MalformedError('Varlong of more than 64 bits')
      if (!(byte >= 0x80)) break
      shift += 7
    }
    this.#position = at
    const sign = -(low & 1)
    const value = (((high >>> 1) ^ sign) | 0) * TWO_32 + ((((low >>> 1) | (high << 31)) ^ sign) >>> 0)
    if (value > MAX_TIMESTAMP_DELTA || value < -MAX_TIMESTAMP_DELTA) throw new MalformedError(`Varlong ${value} is outside ±2^53`)
    return value
  }
}
