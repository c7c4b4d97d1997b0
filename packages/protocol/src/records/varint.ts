/** Zig-zag varints of records: sizes and writing. Reading is in the cursor, where it is inlined. */

const TWO_32 = 4_294_967_296

/** Bytes that a length takes, 1–5. */
export function lengthSize(length: number): number {
  return length < 64 ? 1 : length < 8_192 ? 2 : length < 1_048_576 ? 3 : length < 134_217_728 ? 4 : 5
}

/** Writes a length (0 … 2^31 − 1) at `at`; returns the position after it. The caller has made room. */
export function writeLength(target: Uint8Array, at: number, length: number): number {
  let next = at
  let zigzag = length << 1
  while (zigzag >>> 0 > 0x7f) {
    target[next++] = zigzag | 0x80
    zigzag >>>= 7
  }
  target[next++] = zigzag
  return next
}

/** Writes an integer within ±2^53 at `at`, at most 8 bytes; returns the position after it. The caller has made room. */
export function writeVarlong(target: Uint8Array, at: number, value: number): number {
  const highHalf = Math.floor(value / TWO_32)
  const sign = highHalf >> 31
  let low = (value << 1) ^ sign
  let high = ((highHalf << 1) | (value >>> 31)) ^ sign
  let next = at
  while (high !== 0 || low >>> 0 > 0x7f) {
    target[next++] = low | 0x80
    low = (low >>> 7) | (high << 25)
    high >>>= 7
  }
  target[next++] = low
  return next
}
