/** MurmurHash3 (x86, 128 bits) of a record's key, with a seed for each lane: keys stand for themselves by it in the offset map. */

/** The hash of the last call, four 32-bit words: no object a key. */
export const keyHash: Int32Array = new Int32Array(4)

const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

/** Leaves the hash of `length` bytes at `start` in `keyHash`. `seeds` are four words. */
export function hashKey(buffer: Buffer, start: number, length: number, seeds: Int32Array): void {
  let h1 = seeds[0] as number
  let h2 = seeds[1] as number
  let h3 = seeds[2] as number
  let h4 = seeds[3] as number
  const end = start + length
  let at = start
  for (; at + 16 <= end; at += 16) {
    h1 ^= mix(buffer.readInt32LE(at), C1, 15, C2)
    h1 = (Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 ^= mix(buffer.readInt32LE(at + 4), C2, 16, C3)
    h2 = (Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 ^= mix(buffer.readInt32LE(at + 8), C3, 17, C4)
    h3 = (Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 ^= mix(buffer.readInt32LE(at + 12), C4, 18, C1)
    h4 = (Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  h4 ^= mix(wordAt(buffer, at + 12, end), C4, 18, C1)
  h3 ^= mix(wordAt(buffer, at + 8, end), C3, 17, C4)
  h2 ^= mix(wordAt(buffer, at + 4, end), C2, 16, C3)
  h1 ^= mix(wordAt(buffer, at, end), C1, 15, C2)
  finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length)
}

function finish(first: number, second: number, third: number, fourth: number): void {
  const sum = (first + second + third + fourth) | 0
  const h1 = avalanche(sum)
  const h2 = avalanche((second + sum) | 0)
  const h3 = avalanche((third + sum) | 0)
  const h4 = avalanche((fourth + sum) | 0)
  const total = (h1 + h2 + h3 + h4) | 0
  keyHash[0] = total
  keyHash[1] = h2 + total
  keyHash[2] = h3 + total
  keyHash[3] = h4 + total
}

function mix(word: number, first: number, rotation: number, second: number): number {
  return Math.imul(rotated(Math.imul(word, first), rotation), second)
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

function avalanche(word: number): number {
  let hash = word ^ (word >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Little-endian, with zeros past the end. */
function wordAt(buffer: Buffer, at: number, end: number): number {
  let word = 0
  for (let byte = Math.min(at + 4, end) - 1; byte >= at; byte--) word = (word << 8) | (buffer[byte] as number)
  return word
}
