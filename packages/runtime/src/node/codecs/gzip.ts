/** gzip by Node's zlib. */

import type { Codec } from '../../codecs.ts'
import { zlib } from '../builtins.ts'
import { asBuffer, corrupt, decode, overBound } from './bytes.ts'

const MIN_MEMBER_BYTES = 18
const MIN_CHUNK_BYTES = 16_384
const MAX_CHUNK_BYTES = 1_048_576

export function createGzipCodec(): Codec {
  const { gzipSync, gunzipSync } = zlib()
  return {
    compress: (data, level = -1) => gzipSync(data, { level }),
    decompress(data, maxOutputBytes) {
      if (data.length < MIN_MEMBER_BYTES) throw corrupt('gzip', `${data.length} bytes`)
      // zlib refuses a limit of zero; one byte too many shows all the same.
      const maxOutputLength = Math.max(1, maxOutputBytes)
      const output = decode('gzip', () => {
        try {
          return gunzipSync(data, { maxOutputLength, chunkSize: chunkSize(asBuffer(data)) })
        } catch (error) {
          if (error instanceof RangeError) return TOO_LARGE
          throw error
        }
      })
      if (output === TOO_LARGE || output.length > maxOutputBytes) throw overBound('gzip', maxOutputBytes)
      return output
    },
  }
}

const TOO_LARGE = Buffer.alloc(0)

/** The last four bytes claim the size (modulo 2^32): enough to inflate a batch into one piece, and only a hint. */
function chunkSize(data: Buffer): number {
  return Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, data.readUInt32LE(data.length - 4)))
}
