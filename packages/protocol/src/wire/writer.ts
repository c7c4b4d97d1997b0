/** Writes Kafka's primitive types into memory that grows, keeping record batches by reference. */

import { zeroUuid } from './uuid.ts'
import { uvarintSizeBytes, varlongSizeBytes } from './varint.ts'

/** Byte fields up to here are copied: a chunk of its own costs the socket more. */
const copiedBytesMax = 1024
/** Up to here a loop over the characters beats a call into the runtime's encoder. */
const shortStringChars = 40
const two32 = 0x1_0000_0000

export class Writer {
  private buffer: Buffer
  /** Where the bytes that are in no chunk yet start in `buffer`. */
  private segmentStart = 0
  private position = 0
  private readonly chunks: Uint8Array[] = []
  private chunkBytes = 0
  private openTags = 0

  constructor(initialBytes = 256) {
    this.buffer = Buffer.allocUnsafe(initialBytes)
  }

  /** Bytes written so far, those kept by reference included. */
  get sizeBytes(): number {
    return this.chunkBytes + this.position - this.segmentStart
  }

  /** Everything written, in order, to be handed to a socket. The writer is not used afterwards. */
  finish(): Uint8Array[] {
    this.flush()
    return this.chunks
  }

  /** Everything written, as one buffer. The writer is not used afterwards. */
  finishBuffer(): Buffer {
    this.flush()
    const [only] = this.chunks
    if (this.chunks.length === 1 && Buffer.isBuffer(only)) return only
    return Buffer.concat(this.chunks, this.chunkBytes)
  }

  /** Makes room for `size` bytes, moves past them and returns where they start. */
  private take(size: number): number {
    const start = this.position
    if (start + size > this.buffer.length) return this.grow(size)
    this.position = start + size
    return start
  }

  private grow(size: number): number {
    const pending = this.position - this.segmentStart
    const grown = Buffer.allocUnsafe(Math.max(256, (pending + size) * 2))
    this.buffer.copy(grown, 0, this.segmentStart, this.position)
    this.buffer = grown
    this.segmentStart = 0
    this.position = pending + size
    return pending
  }

  private flush(): void {
    if (this.position > this.segmentStart) {
      this.pushChunk(this.buffer.subarray(this.segmentStart, this.position))
      this.segmentStart = this.position
    }
  }

  private pushChunk(chunk: Uint8Array): void {
    this.chunks.push(chunk)
    this.chunkBytes += chunk.length
  }

  writeInt8(value: number): void {
    if (value !== (value << 24) >> 24) throw new RangeError(`${value} is no int8`)
    const at = this.take(1)
    this.buffer[at] = value
  }

  writeUint8(value: number): void {
    if (value !== (value & 0xff)) throw new RangeError(`${value} is no uint8`)
    const at = this.take(1)
    this.buffer[at] = value
  }

  writeBoolean(value: boolean): void {
    const at = this.take(1)
    this.buffer[at] = value ? 1 : 0
  }

  writeInt16(value: number): void {
    if (value !== (value << 16) >> 16) throw new RangeError(`${value} is no int16`)
    const at = this.take(2)
    this.buffer[at] = value >> 8
    this.buffer[at + 1] = value
  }

  writeUint16(value: number): void {
    if (value !== (value & 0xffff)) throw new RangeError(`${value} is no uint16`)
    const at = this.take(2)
    this.buffer[at] = value >> 8
    this.buffer[at + 1] = value
  }

  writeInt32(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`${value} is no int32`)
    this.int32At(this.take(4), value)
  }

  writeUint32(value: number): void {
    if (value !== value >>> 0) throw new RangeError(`${value} is no uint32`)
    this.int32At(this.take(4), value)
  }

  /** Throws `RangeError` outside ±(2^53−1). */
  writeInt64(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer within 2^53`)
    const at = this.take(8)
    const high = Math.floor(value / two32)
    this.int32At(at, high)
    this.int32At(at + 4, value - high * two32)
  }

  /** As `writeInt64`, except that Number.MAX_SAFE_INTEGER is written as Java's Long.MAX_VALUE: for fields where it means "no bound". */
  writeInt64OrUnbounded(value: number): void {
    if (value !== Number.MAX_SAFE_INTEGER) return this.writeInt64(value)
    const at = this.take(8)
    this.int32At(at, 0x7fff_ffff)
    this.int32At(at + 4, -1)
  }

  /** 64 bits from 16 hexadecimal digits. */
  writeInt64Hex(value: string): void {
    const at = this.take(8)
    if (value.length !== 16 || this.buffer.write(value, at, 8, 'hex') !== 8) throw new RangeError(`'${value}' is not 16 hexadecimal digits`)
  }

  writeFloat64(value: number): void {
    const at = this.take(8)
    this.buffer.writeDoubleBE(value, at)
  }

  /** From Kafka's base64url form, 22 characters. */
  writeUuid(value: string): void {
    const at = this.take(16)
    if (value === zeroUuid) this.buffer.fill(0, at, at + 16)
    else if (value.length !== 22 || this.buffer.write(value, at, 16, 'base64url') !== 16) throw new RangeError(`'${value}' is no uuid`)
  }

  /** Unsigned varint of at most 32 bits. */
  writeUvarint(value: number): void {
    if (value !== value >>> 0) throw new RangeError(`${value} is no uint32`)
    const at = this.take(uvarintSizeBytes(value))
    this.uvarintAt(at, value)
  }

  /** Zigzag varint of at most 32 bits. */
  writeVarint(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`${value} is no int32`)
    this.writeUvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** Zigzag varint of at most 64 bits, within ±(2^53−1). */
  writeVarlong(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer within 2^53`)
    const magnitude = value < 0 ? -(value + 1) : value
    let low = (magnitude % 2 ** 27) * 2 + (value < 0 ? 1 : 0)
    const high = Math.floor(magnitude / 2 ** 27)
    const size = varlongSizeBytes(value)
    let at = this.take(size)
    for (let index = 0; index < size; index++) {
      if (index === 4) low = high
      this.buffer[at++] = (low & 0x7f) | (index < size - 1 ? 0x80 : 0)
      low >>>= 7
    }
  }

  writeString(value: string): void {
    const length = value.length
    if (length <= shortStringChars && this.writeShortAscii(value, 2)) return
    const size = Buffer.byteLength(value)
    if (size > 0x7fff) throw new RangeError(`string of ${size} bytes, at most 32767 fit`)
    const at = this.take(2 + size)
    this.buffer[at] = size >> 8
    this.buffer[at + 1] = size
    this.buffer.write(value, at + 2, size, 'utf8')
  }

  writeNullableString(value: string | null): void {
    if (value === null) this.writeInt16(-1)
    else this.writeString(value)
  }

  writeCompactString(value: string): void {
    const length = value.length
    if (length <= shortStringChars && this.writeShortAscii(value, 1)) return
    const size = Buffer.byteLength(value)
    if (size > 0x7fff) throw new RangeError(`string of ${size} bytes, at most 32767 fit`)
    this.writeUvarint(size + 1)
    const at = this.take(size)
    this.buffer.write(value, at, size, 'utf8')
  }

  writeCompactNullableString(value: string | null): void {
    if (value === null) this.writeUint8(0)
    else this.writeCompactString(value)
  }

  /** Writes a short string after its length of `prefixBytes`; false, with nothing written, when it is not ASCII. */
  private writeShortAscii(value: string, prefixBytes: 1 | 2): boolean {
    const length = value.length
    const start = this.take(prefixBytes + length)
    const { buffer } = this
    let at = start + prefixBytes
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) {
        this.position = start
        return false
      }
      buffer[at++] = code
    }
    if (prefixBytes === 1) buffer[start] = length + 1
    else {
      buffer[start] = 0
      buffer[start + 1] = length
    }
    return true
  }

  writeBytes(value: Uint8Array): void {
    this.writeInt32(value.length)
    this.writeRaw(value)
  }

  writeNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.writeInt32(-1)
    else this.writeBytes(value)
  }

  writeCompactBytes(value: Uint8Array): void {
    this.writeUvarint(value.length + 1)
    this.writeRaw(value)
  }

  writeCompactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.writeUint8(0)
    else this.writeCompactBytes(value)
  }

  /** Bytes without a length; kept by reference when they are many. */
  writeRaw(value: Uint8Array): void {
    if (value.length > copiedBytesMax && this.openTags === 0) {
      this.flush()
      this.pushChunk(value)
      return
    }
    const at = this.take(value.length)
    this.buffer.set(value, at)
  }

  /** The number of elements that follow; −1 is null. */
  writeArrayLength(count: number): void {
    this.writeInt32(count)
  }

  /** The number of elements that follow; −1 is null. */
  writeCompactArrayLength(count: number): void {
    this.writeUvarint(count + 1)
  }

  /** Record batches with their int32 length: by reference, whole or in pieces. */
  writeRecords(value: readonly Uint8Array[] | Uint8Array | null): void {
    if (value === null) this.writeInt32(-1)
    else if (value instanceof Uint8Array) this.writeBytes(value)
    else {
      this.writeInt32(totalBytes(value))
      for (const chunk of value) this.writeRaw(chunk)
    }
  }

  /** Record batches with their compact length: by reference, whole or in pieces. */
  writeCompactRecords(value: readonly Uint8Array[] | Uint8Array | null): void {
    if (value === null) this.writeUint8(0)
    else if (value instanceof Uint8Array) this.writeCompactBytes(value)
    else {
      this.writeUvarint(totalBytes(value) + 1)
      for (const chunk of value) this.writeRaw(chunk)
    }
  }

  /** Starts a tagged field, whose size is not known yet. Returns what `endTag` wants. */
  beginTag(tag: number): number {
    this.writeUvarint(tag)
    this.openTags++
    return this.position - this.segmentStart
  }

  /** Ends a tagged field: puts its size before it. */
  endTag(mark: number): void {
    this.openTags--
    const size = this.position - this.segmentStart - mark
    const sizeBytes = uvarintSizeBytes(size)
    this.take(sizeBytes)
    const start = this.segmentStart + mark
    this.buffer.copyWithin(start + sizeBytes, start, start + size)
    this.uvarintAt(start, size)
  }

  private int32At(at: number, value: number): void {
    const { buffer } = this
    buffer[at] = value >> 24
    buffer[at + 1] = value >> 16
    buffer[at + 2] = value >> 8
    buffer[at + 3] = value
  }

  private uvarintAt(at: number, value: number): void {
    const { buffer } = this
    let rest = value
    let next = at
    while (rest > 0x7f) {
      buffer[next++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[next] = rest
  }
}

function totalBytes(chunks: readonly Uint8Array[]): number {
  let total = 0
  for (const chunk of chunks) total += chunk.length
  return total
}
