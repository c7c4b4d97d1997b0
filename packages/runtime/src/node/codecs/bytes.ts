/** What the codecs share: views and errors. */

import { CorruptCompressionError, DecompressionBoundError } from '../../codecs.ts'

/** The same memory as a Buffer. */
export function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.length)
}

export function overBound(codec: string, maxOutputBytes: number): DecompressionBoundError {
  return new DecompressionBoundError(`${codec} data inflates to more than ${maxOutputBytes} bytes`)
}

export function corrupt(codec: string, reason: string, cause?: unknown): CorruptCompressionError {
  return new CorruptCompressionError(`Corrupt ${codec} data: ${reason}`, cause === undefined ? undefined : { cause })
}

/** Runs a native decoder, whose errors are of no particular class. */
export function decode(codec: string, run: () => Buffer): Buffer {
  try {
    return run()
  } catch (error) {
    throw corrupt(codec, error instanceof Error ? error.message : String(error), error)
  }
}
