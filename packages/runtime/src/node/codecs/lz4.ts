/** LZ4 frames. lz4-napi has one level: `level` is ignored. */

import { createRequire } from 'node:module'
import type { Codec } from '../../codecs.ts'
import { asBuffer, decode, overBound } from './bytes.ts'
import { lz4BlockSize, readLz4Frame } from './lz4-frame.ts'

export function createLz4Codec(): Codec {
  const { compressFrameSync, decompressFrameSync } = createRequire(import.meta.url)('lz4-napi') as typeof import('lz4-napi')
  return {
    // Independent blocks and no checksums are its defaults, and what Java's reader asks for.
    compress: (data) => compressFrameSync(asBuffer(data)),
    decompress(data, maxOutputBytes) {
      const input = asBuffer(data)
      const frame = readLz4Frame(input)
      if (frame.maxContentBytes > maxOutputBytes) checkExactly(input, maxOutputBytes)
      return decode('lz4', () => decompressFrameSync(input.subarray(0, frame.frameBytes)))
    },
  }
}

/** Where the cheap bound is too coarse: the sum of what the blocks' sequences say. */
function checkExactly(input: Buffer, maxOutputBytes: number): void {
  let size = 0
  readLz4Frame(input, (start, length, isStored) => {
    size += isStored ? length : lz4BlockSize(input, start, length)
    if (size > maxOutputBytes) throw overBound('lz4', maxOutputBytes)
  })
}
