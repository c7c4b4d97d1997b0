/** LZ4 frames taken apart without inflating them (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). */

import { corrupt } from './bytes.ts'

const MAGIC = 0x184d2204
const VERSION_MASK = 0xc0
const VERSION_1 = 0x40
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY_ID = 0x01
const STORED_BIT = 0x80000000
const MIN_MATCH_BYTES = 4
/** No sequence of a block inflates by more. */
const MAX_RATIO = 255

export interface Lz4Frame {
  /** Bytes of the frame, its end mark and checksum included; Kafka ignores what follows. */
  readonly frameBytes: number
  /** The inflated size is not above this. */
  readonly maxContentBytes: number
}

/** Told of each block: where its bytes are and the most it can inflate to, which is exact for a stored one. */
export type Lz4BlockVisitor = (start: number, length: number, isStored: boolean, maxBytes: number) => void

/** Walks the blocks' headers. Throws CorruptCompressionError on anything that is not one whole frame. */
export function readLz4Frame(data: Buffer, visit?: Lz4BlockVisitor): Lz4Frame {
  if (data.length < 7) throw corrupt('lz4', `${data.length} bytes`)
  if (data.readUInt32LE(0) !== MAGIC) throw corrupt('lz4', 'not a frame')
  const flags = data.readUInt8(4)
  if ((flags & VERSION_MASK) !== VERSION_1) throw corrupt('lz4', 'unknown frame version')
  const maxBlockBytes = blockMaximum(data.readUInt8(5))
  const blockTail = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4
  let at = 7 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY_ID) === 0 ? 0 : 4)
  let maxContentBytes = 0
  for (;;) {
    if (data.length - at < 4) throw corrupt('lz4', 'the frame is cut off')
    const word = data.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const stored = word >= STORED_BIT
    const blockBytes = stored ? word - STORED_BIT : word
    if (blockBytes > maxBlockBytes) throw corrupt('lz4', `a block of ${blockBytes} bytes in a frame of ${maxBlockBytes}`)
    if (blockBytes > data.length - at) throw corrupt('lz4', 'a block is cut off')
    const maxBytes = stored ? blockBytes : Math.min(maxBlockBytes, blockBytes * MAX_RATIO)
    maxContentBytes += maxBytes
    visit?.(at, blockBytes, stored, maxBytes)
    at += blockBytes + blockTail
  }
  if ((flags & CONTENT_CHECKSUM) !== 0) at += 4
  if (at > data.length) throw corrupt('lz4', 'the frame is cut off')
  return { frameBytes: at, maxContentBytes }
}

/** 64 KiB, 256 KiB, 1 MiB or 4 MiB. */
function blockMaximum(descriptor: number): number {
  const code = (descriptor >> 4) & 0x07
  if (code < 4) throw corrupt('lz4', 'unknown block size')
  return 1 << (2 * code + 8)
}

/**
 * What a compressed block inflates to, exactly, from the lengths of its sequences. Throws CorruptCompressionError when they
 * do not end with the block.
 */
export function lz4BlockSize(data: Buffer, start: number, length: number): number {
  const end = start + length
  let at = start
  let size = 0
  while (at < end) {
    const token = data[at++] as number
    let literals = token >> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255 && at < end) literals += byte = data[at++] as number
    }
    at += literals
    size += literals
    // The last sequence is literals only.
    if (at >= end) break
    at += 2
    let match = (token & 0x0f) + MIN_MATCH_BYTES
    if (match === 15 + MIN_MATCH_BYTES) {
      let byte = 255
      while (byte === 255 && at < end) match += byte = data[at++] as number
    }
    size += match
  }
  if (at !== end) throw corrupt('lz4', 'a block is cut off')
  return size
}
