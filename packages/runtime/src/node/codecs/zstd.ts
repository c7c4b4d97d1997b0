/** zstd by Node's zlib where it has it (22.15 and later), otherwise by a native module. */

import { createRequire } from 'node:module'
import type * as NodeZstd from '@toondepauw/node-zstd'
import type { Codec } from '../../codecs.ts'
import { zlib } from '../builtins.ts'
import { asBuffer, decode, overBound } from './bytes.ts'
import { BLOCK_COMPRESSED, maxZstdContentBytes, walkZstd } from './zstd-frame.ts'
import { ZstdBlockSizer } from './zstd-sequences.ts'

const DEFAULT_LEVEL = 3
/** libzstd's ZSTD_c_compressionLevel. */
const COMPRESSION_LEVEL_PARAMETER = 100

/** What Node's zlib has of zstd, absent from the types of the oldest Node supported. */
interface ZstdInZlib {
  zstdCompressSync?: (data: Uint8Array, options: { params: Record<number, number> }) => Buffer
  zstdDecompressSync?: (data: Uint8Array, options: { maxOutputLength: number }) => Buffer
}

interface Implementation {
  compress(data: Buffer, level: number): Buffer
  /** `data` is known to inflate to no more than `maxOutputBytes`. */
  decompress(data: Buffer, maxOutputBytes: number): Buffer
}

export function createZstdCodec(): Codec {
  const implementation = nodeImplementation() ?? nativeImplementation()
  return {
    compress: (data, level = DEFAULT_LEVEL) => implementation.compress(asBuffer(data), level),
    decompress(data, maxOutputBytes) {
      const input = asBuffer(data)
      if (maxZstdContentBytes(input) > maxOutputBytes) checkExactly(input, maxOutputBytes)
      return decode('zstd', () => implementation.decompress(input, maxOutputBytes))
    },
  }
}

/** Where the cheap bound, 128 KiB a block, is too coarse: the sum of what the blocks' sequences say. */
function checkExactly(input: Buffer, maxOutputBytes: number): void {
  let sizer = new ZstdBlockSizer()
  let size = 0
  walkZstd(input, {
    frame() {
      sizer = new ZstdBlockSizer()
    },
    block(type, start, length, maxBytes) {
      size += type === BLOCK_COMPRESSED ? sizer.sizeOf(input, start, length) : maxBytes
      if (size > maxOutputBytes) throw overBound('zstd', maxOutputBytes)
    },
  })
}

function nodeImplementation(): Implementation | undefined {
  const { zstdCompressSync, zstdDecompressSync } = zlib() as ZstdInZlib
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined
  return {
    compress: (data, level) => zstdCompressSync(data, { params: { [COMPRESSION_LEVEL_PARAMETER]: level } }),
    decompress: (data, maxOutputBytes) => zstdDecompressSync(data, { maxOutputLength: Math.max(1, maxOutputBytes) }),
  }
}

function nativeImplementation(): Implementation {
  const { Encoder, Decoder } = createRequire(import.meta.url)('@toondepauw/node-zstd') as typeof NodeZstd
  const decoder = new Decoder()
  let encoder = new Encoder(DEFAULT_LEVEL)
  let encoderLevel = DEFAULT_LEVEL
  return {
    compress(data, level) {
      if (level !== encoderLevel) {
        encoder = new Encoder(level)
        encoderLevel = level
      }
      return encoder.encodeSync(data)
    },
    decompress: (data) => decoder.decodeSync(data),
  }
}
