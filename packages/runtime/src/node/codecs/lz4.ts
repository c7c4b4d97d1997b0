/**
 * LZ4 frames around lz4-napi's blocks: written as Java writes them, and several times faster than through its own frames.
 * It has one level: `level` is ignored.
 */

import { createRequire } from 'node:module'
import type * as Lz4 from 'lz4-napi'
import type { Codec } from '../../codecs.ts'
import { asBuffer, corrupt, decode, overBound } from './bytes.ts'
import type { Lz4Block } from './lz4-frame.ts'
import { LZ4_BLOCK_BYTES, lz4EndMark, lz4FrameHeader, readLz4Frame, writeLz4BlockWord } from './lz4-frame.ts'

/** lz4-napi puts the inflated size before a block, where a frame has the block's length. */
const PREFIX_BYTES = 4

export function createLz4Codec(): Codec {
  const { compressSync, uncompressSync, decompressFrameSync } = createRequire(import.meta.url)('lz4-napi') as typeof Lz4

  function deflate(piece: Buffer): Buffer {
    const block = compressSync(piece)
    const length = block.length - PREFIX_BYTES
    if (length < piece.length) {
      writeLz4BlockWord(block, 0, length, false)
      return block
    }
    const stored = Buffer.allocUnsafe(PREFIX_BYTES + piece.length)
    writeLz4BlockWord(stored, 0, piece.length, true)
    stored.set(piece, PREFIX_BYTES)
    return stored
  }

  function inflate(input: Buffer, block: Lz4Block): Buffer {
    if (block.isStored) return input.subarray(block.start, block.start + block.length)
    const prefixed = Buffer.allocUnsafe(PREFIX_BYTES + block.length)
    prefixed.writeUInt32LE(block.contentBytes, 0)
    input.copy(prefixed, PREFIX_BYTES, block.start, block.start + block.length)
    const output = decode('lz4', () => uncompressSync(prefixed))
    if (output.length !== block.contentBytes) throw corrupt('lz4', 'a block ends early')
    return output
  }

  return {
    compress(data) {
      const input = asBuffer(data)
      const chunks = [lz4FrameHeader]
      for (let at = 0; at < input.length; at += LZ4_BLOCK_BYTES) chunks.push(deflate(input.subarray(at, at + LZ4_BLOCK_BYTES)))
      chunks.push(lz4EndMark)
      return Buffer.concat(chunks)
    },
    decompress(data, maxOutputBytes) {
      const input = asBuffer(data)
      const frame = readLz4Frame(input, (contentBytes) => {
        if (contentBytes > maxOutputBytes) throw overBound('lz4', maxOutputBytes)
      })
      if (!frame.blocksAreIndependent) return decode('lz4', () => decompressFrameSync(input.subarray(0, frame.frameBytes)))
      const [first] = frame.blocks
      if (first !== undefined && frame.blocks.length === 1 && !first.isStored) return inflate(input, first)
      const output = Buffer.allocUnsafeSlow(frame.contentBytes)
      let at = 0
      for (const block of frame.blocks) {
        output.set(inflate(input, block), at)
        at += block.contentBytes
      }
      return output
    },
  }
}
