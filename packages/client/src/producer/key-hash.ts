/** The partition of a key, as Kafka's Java client computes it. */

import { murmur2, toPositive } from '@odradek/protocol'

const SCRATCH_BYTES = 256
const scratch = Buffer.alloc(SCRATCH_BYTES)
/** Views of every length of the scratch, so that hashing a short key allocates nothing. */
const views: readonly Buffer[] = Array.from({ length: SCRATCH_BYTES + 1 }, (_, length) => scratch.subarray(0, length))

/** Strings are hashed as the UTF-8 that is written. */
export function partitionOfKey(key: Uint8Array | string, partitionCount: number): number {
  return toPositive(murmur2(typeof key === 'string' ? utf8View(key) : key)) % partitionCount
}

function utf8View(key: string): Uint8Array {
  const { length } = key
  if (length > SCRATCH_BYTES) return Buffer.from(key)
  for (let i = 0; i < length; i++) {
    const unit = key.charCodeAt(i)
    if (unit > 0x7f) return Buffer.from(key)
    scratch[i] = unit
  }
  return views[length] as Buffer
}
