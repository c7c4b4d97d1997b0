/** Reads Kafka's primitive types out of a buffer, checking every length against what remains. */

import { MalformedError } from './malformed-error.ts'
import { zeroUuid } from './uuid.ts'

/** Up to here a loop over the bytes beats a call into the runtime's decoder. */
const shortStringBytes = 12
const two32 = 0x1_0000_0000

export class Reader {
  readonly buffer: Buffer
  /** Position of the next byte. */
  offset: number
  /** Position after the last byte that may be read. */
  readonly end: number

  /** Reads `buffer` from `offset` (0) to `end` (its length). Byte fields are views of it, not copies. */
  constructor(buffer: Buffer, offset = 0, end: number = buffer.length) {
    if (offset < 0 || end > buffer.length || offset > end) throw new RangeError(`no range ${offset}..${end} in ${buffer.length} bytes`)
    this.buffer = buffer
    this.offset = offset
    this.end = end
  }

  get remaining(): number {
    return this.end - this.offset
  }

  /** Moves past `size` bytes and returns where they start. */
  private take(size: number): number {
    const start = this.offset
    if (size > this.end - start) throw new MalformedError(`${size} bytes wanted at ${start}, ${this.end - start} remain`)
    this.offset = start + size
    return start
  }

  skip(size: number): void {
    if (size < 0) throw new MalformedError(`negative length ${size}`)
    this.take(size)
  }

  readInt8(): number {
    return ((this.buffer[this.take(1)] as number) << 24) >> 24
  }

  readUint8(): number {
    return this.buffer[this.take(1)] as number
  }

  /** Any non-zero byte is true, as in Kafka. */
  readBoolean(): boolean {
    return this.buffer[this.take(1)] !== 0
  }

  readInt16(): number {
    const at = this.take(2)
    return (((this.buffer[at] as number) << 24) | ((this.buffer[at + 1] as number) << 16)) >> 16
  }

  readUint16(): number {
    const at = this.take(2)
    return ((this.buffer[at] as number) << 8) | (this.buffer[at + 1] as number)
  }

  readInt32(): number {
    return this.int32At(this.take(4))
  }

  readUint32(): number {
    return this.int32At(this.take(4)) >>> 0
  }

  /** Throws `MalformedError` outside ±(2^53−1). */
  readInt64(): number {
    const at = this.take(8)
    const high = this.int32At(at)
    if (high < -0x20_0000 || high > 0x1f_ffff) throw new MalformedError(`64-bit integer beyond 2^53 at ${at}`)
    const value = high * two32 + (this.int32At(at + 4) >>> 0)
    if (value < Number.MIN_SAFE_INTEGER) throw new MalformedError(`64-bit integer beyond 2^53 at ${at}`)
    return value
  }

  /** As `readInt64`, except that Java's Long.MAX_VALUE reads as Number.MAX_SAFE_INTEGER: for fields where it means "no bound". */
  readInt64OrUnbounded(): number {
    if (this.end - this.offset >= 8 && this.int32At(this.offset) === 0x7fff_ffff && this.int32At(this.offset + 4) === -1) {
      this.offset += 8
      return Number.MAX_SAFE_INTEGER
    }
    return this.readInt64()
  }

  /** All 64 bits as 16 hexadecimal digits: for hashes. */
  readInt64Hex(): string {
    const at = this.take(8)
    return this.buffer.toString('hex', at, at + 8)
  }

  readFloat64(): number {
    return this.buffer.readDoubleBE(this.take(8))
  }

  /** Kafka's base64url form, 22 characters. */
  readUuid(): string {
    const at = this.take(16)
    const { buffer } = this
    for (let i = at; i < at + 16; i++) if (buffer[i] !== 0) return buffer.toString('base64url', at, at + 16)
    return zeroUuid
  }

  /** Unsigned varint of at most 32 bits. */
  readUvarint(): number {
    const { buffer, end } = this
    let at = this.offset
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw new MalformedError(`varint cut off at ${at}`)
      const byte = buffer[at++] as number
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.offset = at
        return value >>> 0
      }
    }
    throw new MalformedError(`varint beyond 32 bits at ${this.offset}`)
  }

  /** Zigzag varint of at most 32 bits. */
  readVarint(): number {
    const value = this.readUvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zigzag varint of at most 64 bits, within ±(2^53−1). */
  readVarlong(): number {
    const { buffer, end } = this
    let at = this.offset
    let low = 0
    let high = 0
    for (let index = 0; index < 10; index++) {
      if (at >= end) throw new MalformedError(`varlong cut off at ${at}`)
      const byte = buffer[at++] as number
      if (index < 4) low += (byte & 0x7f) * 2 ** (7 * index)
      else high += (byte & 0x7f) * 2 ** (7 * (index - 4))
      if (byte < 0x80) {
        this.offset = at
        return this.unzigzag(low, high)
      }
    }
    throw new MalformedError(`varlong beyond 64 bits at ${this.offset}`)
  }

  /** `low` holds the 28 low bits, `high` the rest. */
  private unzigzag(low: number, high: number): number {
    if (high >= 2 ** 26) throw new MalformedError(`varlong beyond 2^53 at ${this.offset}`)
    const negative = low % 2 === 1
    const half = high * 2 ** 27 + (low - (negative ? 1 : 0)) / 2
    const value = negative ? -half - 1 : half
    if (!Number.isSafeInteger(value)) throw new MalformedError(`varlong beyond 2^53 at ${this.offset}`)
    return value
  }

  readString(): string {
    return this.stringOf(this.notNull(this.readInt16()))
  }

  readNullableString(): string | null {
    const size = this.readInt16()
    return size < 0 ? null : this.stringOf(size)
  }

  readCompactString(): string {
    return this.stringOf(this.notNull(this.readUvarint() - 1))
  }

  readCompactNullableString(): string | null {
    const size = this.readUvarint() - 1
    return size < 0 ? null : this.stringOf(size)
  }

  /** A view of the buffer. */
  readBytes(): Buffer {
    return this.viewOf(this.notNull(this.readInt32()))
  }

  /** A view of the buffer. */
  readNullableBytes(): Buffer | null {
    const size = this.readInt32()
    return size < 0 ? null : this.viewOf(size)
  }

  /** A view of the buffer. */
  readCompactBytes(): Buffer {
    return this.viewOf(this.notNull(this.readUvarint() - 1))
  }

  /** A view of the buffer. */
  readCompactNullableBytes(): Buffer | null {
    const size = this.readUvarint() - 1
    return size < 0 ? null : this.viewOf(size)
  }

  /** The next `size` bytes, a view of the buffer. */
  readRaw(size: number): Buffer {
    return this.viewOf(this.notNull(size))
  }

  /** The number of elements that follow. `elementBytes` is the least that one takes, so that no hostile count is allocated. */
  readArrayLength(elementBytes: number): number {
    return this.checkedCount(this.notNull(this.readInt32()), elementBytes)
  }

  /** As `readArrayLength`; −1 is null. */
  readNullableArrayLength(elementBytes: number): number {
    const count = this.readInt32()
    return count < 0 ? -1 : this.checkedCount(count, elementBytes)
  }

  readCompactArrayLength(elementBytes: number): number {
    return this.checkedCount(this.notNull(this.readUvarint() - 1), elementBytes)
  }

  /** As `readCompactArrayLength`; −1 is null. */
  readCompactNullableArrayLength(elementBytes: number): number {
    const count = this.readUvarint() - 1
    return count < 0 ? -1 : this.checkedCount(count, elementBytes)
  }

  /** Skips a whole section of tagged fields. */
  skipTags(): void {
    for (let count = this.readUvarint(); count > 0; count--) {
      this.readUvarint()
      this.take(this.readUvarint())
    }
  }

  /** Reads the size of a tagged field and returns where the field ends. */
  readTagEnd(): number {
    const size = this.readUvarint()
    if (size > this.end - this.offset) throw new MalformedError(`tagged field of ${size} bytes at ${this.offset}, ${this.remaining} remain`)
    return this.offset + size
  }

  /** Holds a tagged field to the size that it stated. */
  expectTagEnd(tagEnd: number): void {
    if (this.offset !== tagEnd) throw new MalformedError(`tagged field ends at ${this.offset}, not at ${tagEnd}`)
  }

  private int32At(at: number): number {
    const { buffer } = this
    return (
      ((buffer[at] as number) << 24) | ((buffer[at + 1] as number) << 16) | ((buffer[at + 2] as number) << 8) | (buffer[at + 3] as number)
    )
  }

  private notNull(size: number): number {
    if (size < 0) throw new MalformedError(`null where a value is required at ${this.offset}`)
    return size
  }

  private checkedCount(count: number, elementBytes: number): number {
    if (count * elementBytes > this.end - this.offset) {
      throw new MalformedError(`array of ${count} elements at ${this.offset}, ${this.end - this.offset} bytes remain`)
    }
    return count
  }

  private viewOf(size: number): Buffer {
    const at = this.take(size)
    return this.buffer.subarray(at, at + size)
  }

  private stringOf(size: number): string {
    const at = this.take(size)
    const { buffer } = this
    const stop = at + size
    if (size > shortStringBytes) return buffer.toString('utf8', at, stop)
    let text = ''
    for (let i = at; i < stop; i++) {
      const byte = buffer[i] as number
      if (byte >= 0x80) return buffer.toString('utf8', at, stop)
      text += String.fromCharCode(byte)
    }
    return text
  }
}
