/** CRC-32C: native when there is a prebuilt binary for this machine, otherwise slicing by eight. */

import { createRequire } from 'node:module'
import type * as Crc32 from '@node-rs/crc32'

type Crc32c = (data: Uint8Array) => number

/**
 * Loading the native module takes longer than hashing this much in JavaScript, so that a process that sends a few records
 * never pays for it.
 */
const JAVASCRIPT_MAX_BYTES = 65_536

/** A function that starts in JavaScript and moves to the native module once that pays. */
export function createCrc32c(): Crc32c {
  let hashedBytes = 0
  let current: Crc32c = (data) => {
    hashedBytes += data.length
    if (hashedBytes <= JAVASCRIPT_MAX_BYTES) return crc32cInJavaScript(data)
    current = loadNative() ?? crc32cInJavaScript
    return current(data)
  }
  return (data) => current(data)
}

function loadNative(): Crc32c | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as typeof Crc32
    return (data) => native.crc32c(data)
  } catch {
    return undefined
  }
}

const REVERSED_POLYNOMIAL = 0x82f63b78
let tables: Int32Array | undefined

/** Tables 0–7, 256 entries each: entry (k, b) is the CRC of byte b followed by k zero bytes. */
function buildTables(): Int32Array {
  const built = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ REVERSED_POLYNOMIAL
    built[byte] = crc
  }
  for (let at = 256; at < built.length; at++) {
    const shorter = built[at - 256] as number
    built[at] = (shorter >>> 8) ^ (built[shorter & 0xff] as number)
  }
  return built
}

/** The portable implementation, an unsigned 32-bit integer. */
export function crc32cInJavaScript(data: Uint8Array): number {
  tables ??= buildTables()
  const t = tables
  const end = data.length
  const wordsEnd = end - (end % 8)
  let crc = -1
  let at = 0
  for (; at < wordsEnd; at += 8) {
    crc ^= (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16) | ((data[at + 3] as number) << 24)
    crc =
      (t[1792 + (crc & 0xff)] as number) ^
      (t[1536 + ((crc >>> 8) & 0xff)] as number) ^
      (t[1280 + ((crc >>> 16) & 0xff)] as number) ^
      (t[1024 + (crc >>> 24)] as number) ^
      (t[768 + (data[at + 4] as number)] as number) ^
      (t[512 + (data[at + 5] as number)] as number) ^
      (t[256 + (data[at + 6] as number)] as number) ^
      (t[data[at + 7] as number] as number)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (t[(crc ^ (data[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}
