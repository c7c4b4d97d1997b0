/** The sizes that varints take. */

/** Bytes of an unsigned varint of at most 32 bits: 1 to 5. */
export function uvarintSizeBytes(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

/** Bytes of a zigzag varint of a 32-bit integer: 1 to 5. */
export function varintSizeBytes(value: number): number {
  return uvarintSizeBytes(((value << 1) ^ (value >> 31)) >>> 0)
}

/** Bytes of a zigzag varint of an integer within ±(2^53−1): 1 to 8. */
export function varlongSizeBytes(value: number): number {
  const magnitude = value < 0 ? -(value + 1) : value
  let size = 1
  for (let limit = 64; magnitude >= limit; limit *= 128) size++
  return size
}
