/** Zstandard frames taken apart without inflating them (RFC 8878). */

import { corrupt } from './bytes.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const MAX_BLOCK_BYTES = 131_072
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]
const CONTENT_SIZE_BYTES = [0, 2, 4, 8]

export const BLOCK_RAW = 0
export const BLOCK_RLE = 1
export const BLOCK_COMPRESSED = 2

export interface ZstdVisitor {
  frame?(): void
  /** `start` … `start + length` is the block's content; `maxBytes` bounds what it inflates to and is exact for raw and RLE blocks. */
  block(type: number, start: number, length: number, maxBytes: number): void
}

/** Visits every block of every frame. Throws CorruptCompressionError on anything that is not a series of whole frames. */
export function walkZstd(data: Buffer, visitor: ZstdVisitor): void {
  let at = 0
  if (data.length === 0) throw corrupt('zstd', 'no bytes')
  while (at < data.length) {
    if (data.length - at < 5) throw corrupt('zstd', 'a frame is cut off')
    const magic = data.readUInt32LE(at)
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      if (data.length - at < 8) throw corrupt('zstd', 'a frame is cut off')
      at += 8 + data.readUInt32LE(at + 4)
      if (at > data.length) throw corrupt('zstd', 'a frame is cut off')
    } else if (magic === MAGIC) {
      visitor.frame?.()
      at = walkFrame(data, at + 4, visitor)
    } else {
      throw corrupt('zstd', 'not a frame')
    }
  }
}

/** Upper bound of what `data` inflates to, without looking into compressed blocks. */
export function maxZstdContentBytes(data: Buffer): number {
  let total = 0
  walkZstd(data, {
    block(_type, _start, _length, maxBytes) {
      total += maxBytes
    },
  })
  return total
}

function walkFrame(data: Buffer, start: number, visitor: ZstdVisitor): number {
  const descriptor = data.readUInt8(start)
  const singleSegment = (descriptor & 0x20) !== 0
  const contentSizeCode = descriptor >> 6
  const contentSizeBytes = contentSizeCode === 0 && singleSegment ? 1 : (CONTENT_SIZE_BYTES[contentSizeCode] ?? 0)
  const headerEnd = start + 1 + (singleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 0x03] ?? 0) + contentSizeBytes
  if (headerEnd > data.length) throw corrupt('zstd', 'a frame is cut off')
  const windowBytes = singleSegment
    ? contentSize(data, headerEnd - contentSizeBytes, contentSizeBytes)
    : windowSize(data.readUInt8(start + 1))
  const maxBlockBytes = Math.min(MAX_BLOCK_BYTES, windowBytes)
  const hasChecksum = (descriptor & 0x04) !== 0
  let at = headerEnd
  for (let last = false; !last; ) {
    if (data.length - at < 3) throw corrupt('zstd', 'a frame is cut off')
    const header = data.readUIntLE(at, 3)
    at += 3
    last = (header & 1) !== 0
    const type = (header >> 1) & 0x03
    const size = header >> 3
    if (type > BLOCK_COMPRESSED) throw corrupt('zstd', 'a reserved block type')
    const length = type === BLOCK_RLE ? 1 : size
    if (length > data.length - at) throw corrupt('zstd', 'a block is cut off')
    visitor.block(type, at, length, type === BLOCK_COMPRESSED ? maxBlockBytes : size)
    at += length
  }
  if (hasChecksum) at += 4
  if (at > data.length) throw corrupt('zstd', 'a frame is cut off')
  return at
}

function contentSize(data: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(data.readBigUInt64LE(at))
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 0x07)
}
