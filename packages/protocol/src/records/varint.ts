/** Zig-zag varints of records: sizes and writing. Reading is in the cursor, where it is inlined. */

const TWO_32 = 4_294_967_296

/** Bytes that a 32-bit `value` takes, 1–5. */
export function varintSize(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31)
  return ((31 - Math.clz32(zigzag | 1)) / 7 + 1) | 0
}

/** Writes a 32-bit `value` at `at`; returns the position after it. The caller has made room. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  let zigzag = (value << 1) ^ (value >> 31)
  let next = at
  while ((zigzag & ~0x7f) !== 0) {
    target[next++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  target[next++] = zigzag
  return next
}

/** Bytes that an integer within ±2^53 takes, 1–8. */
export function varlongSize(value: number): number {
  if ((value | 0) === value) return varintSize(value)
  const high = Math.floor(value / TWO_32)
  const zigzagHigh = ((high << 1) | (value >>> 31)) ^ (high >> 31)
  if (zigzagHigh === 0) return 5
  return ((63 - Math.clz32(zigzagHigh)) / 7 + 1) | 0
}

/** Writes an integer within ±2^53 at `at`; returns the position after it. The caller has made room. */
export function writeVarlong(target: Uint8Array, at: number, value: number): number {
  if ((value | 0) === value) return writeVarint(target, at, value)
  const highHalf = Math.floor(value / TWO_32)
  const sign = highHalf >> 31
  let low = (value << 1) ^ sign
  let high = ((highHalf << 1) | (value >>> 31)) ^ sign
  let next = at
  while (high !== 0 || (low & ~0x7f) !== 0) {
    target[next++] = (low & 0x7f) | 0x80
    low = (low >>> 7) | (high << 25)
    high >>>= 7
  }
  target[next++] = low
  return next
}
