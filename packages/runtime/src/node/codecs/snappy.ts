/** snappy: written in xerial framing as Java does, read in that and bare, as librdkafka writes it. */

import { createRequire } from 'node:module'
import type * as Snappy from 'snappy'
import type { Codec } from '../../codecs.ts'
import { asBuffer, corrupt, decode, overBound } from './bytes.ts'
import { isXerial, snappyBlockSize, XERIAL_BLOCK_BYTES, xerialBlocks, xerialHeader } from './xerial.ts'

/** Memory owned by the garbage collector from the start is an order of magnitude cheaper than memory lent by the native module. */
const COPIED = { copyOutputData: true }

export function createSnappyCodec(): Codec {
  const { compressSync, uncompressSync } = createRequire(import.meta.url)('snappy') as typeof Snappy

  function inflate(block: Buffer): Buffer {
    const output = decode('snappy', () => {
      const bytes = uncompressSync(block, COPIED)
      return typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    })
    return output
  }

  return {
    compress(data) {
      const chunks: Uint8Array[] = [xerialHeader]
      for (let at = 0; at < data.length; at += XERIAL_BLOCK_BYTES) {
        const block = compressSync(data.subarray(at, at + XERIAL_BLOCK_BYTES), COPIED)
        const length = Buffer.allocUnsafe(4)
        length.writeInt32BE(block.length)
        chunks.push(length, block)
      }
      return Buffer.concat(chunks)
    },
    decompress(data, maxOutputBytes) {
      const input = asBuffer(data)
      if (input.length === 0) throw corrupt('snappy', 'no bytes')
      const blocks = isXerial(input) ? xerialBlocks(input) : [input]
      let size = 0
      for (const block of blocks) {
        size += snappyBlockSize(block)
        if (size > maxOutputBytes) throw overBound('snappy', maxOutputBytes)
      }
      const [first] = blocks
      if (first !== undefined && blocks.length === 1) return inflate(first)
      const output = Buffer.allocUnsafeSlow(size)
      let at = 0
      for (const block of blocks) {
        const part = inflate(block)
        output.set(part, at)
        at += part.length
      }
      return output
    },
  }
}
