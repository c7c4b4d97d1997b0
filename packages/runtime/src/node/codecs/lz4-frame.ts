/** LZ4 frames taken apart and put together (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). */

import { corrupt } from './bytes.ts'

const MAGIC = 0x184d2204
const VERSION_MASK = 0xc0
const VERSION_1 = 0x40
const INDEPENDENT_BLOCKS = 0x20
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const DICTIONARY_ID = 0x01
const STORED_BIT = 0x80000000
const MIN_MATCH_BYTES = 4

/** What Java writes: independent blocks of 64 KiB, no checksums, no content size. The last byte is the header's own checksum. */
export const lz4FrameHeader: Buffer = Buffer.from([0x04, 0x22, 0x4d, 0x18, VERSION_1 | INDEPENDENT_BLOCKS, 0x40, 0x82])
export const lz4EndMark: Buffer = Buffer.alloc(4)
export const LZ4_BLOCK_BYTES = 65_536

/** The word before a block, in place. */
export function writeLz4BlockWord(target: Buffer, at: number, length: number, isStored: boolean): void {
  target.writeUInt32LE(isStored ? length + STORED_BIT : length, at)
}

export interface Lz4Block {
  readonly start: number
  readonly length: number
  readonly isStored: boolean
  /** What it inflates to, exactly. */
  readonly contentBytes: number
}

export interface Lz4Frame {
  readonly blocks: readonly Lz4Block[]
  /** False when a block may copy from the one before it: written neither by Java nor by librdkafka. */
  readonly blocksAreIndependent: boolean
  readonly contentBytes: number
  /** End mark and checksum included; Kafka ignores what follows. */
  readonly frameBytes: number
}

/**
 * Reads the frame's structure, and its blocks' sizes from the lengths of their sequences. `onSize` is told the inflated size so far, block by block,
 * and may throw. Throws CorruptCompressionError on anything that is not one whole frame. Checksums are not looked at: the batch has its own.
 */
export function readLz4Frame(data: Buffer, onSize: (contentBytes: number) => void): Lz4Frame {
  if (data.length < lz4FrameHeader.length) throw corrupt('lz4', `${data.length} bytes`)
  if (data.readUInt32LE(0) !== MAGIC) throw corrupt('lz4', 'not a frame')
  const flags = data.readUInt8(4)
  if ((flags & VERSION_MASK) !== VERSION_1 || (flags & DICTIONARY_ID) !== 0) throw corrupt('lz4', 'an unsupported frame')
  const maxBlockBytes = blockMaximum(data.readUInt8(5))
  const blockTail = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4
  const blocks: Lz4Block[] = []
  let contentBytes = 0
  let at = lz4FrameHeader.length + ((flags & CONTENT_SIZE) === 0 ? 0 : 8)
  for (;;) {
    if (data.length - at < 4) throw corrupt('lz4', 'the frame is cut off')
    const word = data.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const isStored = word >= STORED_BIT
    const length = isStored ? word - STORED_BIT : word
    if (length > data.length - at) throw corrupt('lz4', 'a block is cut off')
    const size = isStored ? length : lz4BlockSize(data, at, length)
    if (size > maxBlockBytes) throw corrupt('lz4', `a block of ${size} bytes in a frame of ${maxBlockBytes}`)
    contentBytes += size
    onSize(contentBytes)
    blocks.push({ start: at, length, isStored, contentBytes: size })
    at += length + blockTail
  }
  if ((flags & CONTENT_CHECKSUM) !== 0) at += 4
  if (at > data.length) throw corrupt('lz4', 'the frame is cut off')
  return { blocks, blocksAreIndependent: (flags & INDEPENDENT_BLOCKS) !== 0, contentBytes, frameBytes: at }
}

/** 64 KiB, 256 KiB, 1 MiB or 4 MiB. */
function blockMaximum(descriptor: number): number {
  const code = (descriptor >> 4) & 0x07
  if (code < 4) throw corrupt('lz4', 'unknown block size')
  return 1 << (2 * code + 8)
}

/** What a compressed block inflates to. Throws CorruptCompressionError when its sequences do not end with it. */
function lz4BlockSize(data: Buffer, start: number, length: number): number {
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
