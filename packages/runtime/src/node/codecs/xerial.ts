/** The framing that Java's snappy-java puts around snappy blocks, which Kafka's clients write and everyone reads. */

import { corrupt } from './bytes.ts'

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** The magic's first word where a block's length is expected: another stream follows. */
const MAGIC_WORD = MAGIC.readUInt32BE(0)
const HEADER_BYTES = 16
const VERSION = 1
export const XERIAL_BLOCK_BYTES = 32_768

/** Magic, version and lowest compatible version. */
export const xerialHeader: Buffer = Buffer.alloc(HEADER_BYTES)
MAGIC.copy(xerialHeader)
xerialHeader.writeInt32BE(VERSION, 8)
xerialHeader.writeInt32BE(VERSION, 12)

export function isXerial(data: Buffer): boolean {
  return data.length >= HEADER_BYTES && data.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) === 0
}

/** The snappy blocks of a framed stream, or of several one after the other; views of `data`. Throws CorruptCompressionError. */
export function xerialBlocks(data: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  let at = HEADER_BYTES
  while (at < data.length) {
    if (data.length - at < 4) throw corrupt('snappy', 'a block length is cut off')
    const length = data.readUInt32BE(at)
    if (length === MAGIC_WORD) {
      if (!isXerial(data.subarray(at))) throw corrupt('snappy', 'a stream header is cut off')
      at += HEADER_BYTES
      continue
    }
    at += 4
    if (length > data.length - at) throw corrupt('snappy', `a block of ${length} bytes has ${data.length - at}`)
    blocks.push(data.subarray(at, at + length))
    at += length
  }
  return blocks
}

/** What a snappy block says it inflates to: the varint it starts with. Throws CorruptCompressionError, also when no block of this length can. */
export function snappyBlockSize(block: Buffer): number {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) throw corrupt('snappy', 'a block is cut off')
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) {
      // The densest element copies 64 bytes and takes 3.
      if (size > 0xffffffff || size > block.length * 22) throw corrupt('snappy', `${block.length} bytes cannot inflate to ${size}`)
      return size
    }
  }
  throw corrupt('snappy', 'a block size of more than 32 bits')
}
