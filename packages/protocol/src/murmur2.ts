/** Murmur2, by which Kafka's producers choose the partition of a key. */

const multiplier = 0x5bd1_e995
const seed = 0x9747_b28c

/** Equal to `Utils.murmur2` of Kafka's Java client: a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const tail = length & ~3
  let hash = seed ^ length
  for (let at = 0; at < tail; at += 4) {
    let word =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  const rest = length - tail
  if (rest > 2) hash ^= (bytes[tail + 2] as number) << 16
  if (rest > 1) hash ^= (bytes[tail + 1] as number) << 8
  if (rest > 0) hash = Math.imul(hash ^ (bytes[tail] as number), multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return (hash ^ (hash >>> 15)) | 0
}

/** Clears the sign, as `Utils.toPositive` does: `toPositive(murmur2(key)) % partitions` is the partition. */
export function toPositive(value: number): number {
  return value & 0x7fff_ffff
}
