/** 64-bit integers in place, as numbers checked against 2^53. */

import { MalformedError } from '../wire/malformed-error.ts'

const TWO_32 = 4_294_967_296

/** Big-endian signed 64-bit integer at `at`. Throws MalformedError outside ±(2^53 − 1). */
export function readInt64(buffer: Buffer, at: number): number {
  const value = buffer.readInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4)
  if (!Number.isSafeInteger(value)) throw new MalformedError(`64-bit integer ${value} is outside ±(2^53 − 1)`)
  return value
}

/** Throws RangeError when `value` is not a safe integer. */
export function writeInt64(buffer: Buffer, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer within ±(2^53 − 1)`)
  const high = Math.floor(value / TWO_32)
  buffer.writeInt32BE(high, at)
  buffer.writeUInt32BE(value - high * TWO_32, at + 4)
}
