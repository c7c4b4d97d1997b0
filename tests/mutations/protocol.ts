/** Faults in the wire format. */

import type { Mutation } from './mutation.ts'

const primitives = 'packages/protocol/test/wire/primitives.test.ts'
const frameTest = 'packages/protocol/test/frame.test.ts'
const roundTrip = 'packages/protocol/test/records/round-trip.test.ts'
const builderTest = 'packages/protocol/test/records/batch-builder.test.ts'
const hostile = 'packages/protocol/test/records/hostile.test.ts'

const reader = 'packages/protocol/src/wire/reader.ts'
const writer = 'packages/protocol/src/wire/writer.ts'
const frame = 'packages/protocol/src/frame.ts'
const header = 'packages/protocol/src/records/batch-header.ts'
const sequence = 'packages/protocol/src/records/sequence.ts'

export const protocolMutations: readonly Mutation[] = [
  {
    name: 'protocol/varint-beyond-32-bits',
    breaks: 'a length that does not fit is taken for another one',
    file: reader,
    search: 'if (shift === 28 && byte > 0x0f) break',
    replace: '',
    tests: [primitives],
  },
  {
    name: 'protocol/varint-size-at-the-edge',
    breaks: 'records with keys or values of just 64 bytes are cut',
    file: 'packages/protocol/src/records/varint.ts',
    search: 'return length < 64 ? 1',
    replace: 'return length <= 64 ? 1',
    tests: [builderTest, roundTrip],
  },
  {
    name: 'protocol/varlong-sign',
    breaks: 'negative numbers come back as others',
    file: reader,
    search: 'const value = negative ? -half - 1 : half',
    replace: 'const value = negative ? -half : half',
    tests: [primitives],
  },
  {
    name: 'protocol/int64-beyond-2-53',
    breaks: 'a large number is silently rounded',
    file: reader,
    search: 'if (high < -0x20_0000 || high > 0x1f_ffff) throw',
    replace: 'if (high < -0x20_0000) throw',
    tests: [primitives],
  },
  {
    name: 'protocol/compact-length-read',
    breaks: 'compact strings are read one byte too long',
    file: reader,
    search: 'return this.stringOf(this.notNull(this.readUvarint() - 1))',
    replace: 'return this.stringOf(this.notNull(this.readUvarint()))',
    tests: [primitives],
  },
  {
    name: 'protocol/compact-length-written',
    breaks: 'compact bytes are written one byte too short',
    file: writer,
    search: 'this.writeUvarint(value.length + 1)\n    this.writeRaw(value)',
    replace: 'this.writeUvarint(value.length)\n    this.writeRaw(value)',
    tests: [primitives],
  },
  {
    name: 'protocol/null-where-none-may-be',
    breaks: 'a null where a value is required makes a decoder run wild',
    file: reader,
    search: 'if (size < 0) throw new MalformedError(`null where a value is required',
    replace: 'if (size < -1) throw new MalformedError(`null where a value is required',
    tests: [primitives],
  },
  {
    name: 'protocol/hostile-count',
    breaks: 'a few bytes that announce a billion elements fill the memory',
    file: reader,
    search: 'if (count * elementBytes > this.end - this.offset) {',
    replace: 'if (count < 0) {',
    tests: [primitives],
  },
  {
    name: 'protocol/read-past-the-end',
    breaks: 'a cut message is decoded with bytes of the next one',
    file: reader,
    search: 'if (size > this.end - start) throw',
    replace: 'if (size > this.buffer.length) throw',
    tests: [primitives],
  },
  {
    name: 'protocol/request-header-version',
    breaks: 'flexible requests go out with the old header',
    file: frame,
    search: 'return version >= api.flexibleVersion ? 2 : 1',
    replace: 'return version > api.flexibleVersion ? 2 : 1',
    tests: [frameTest],
  },
  {
    name: 'protocol/api-versions-header',
    breaks: 'clients cannot read the first answer of the broker',
    file: frame,
    search: 'return version >= api.flexibleVersion && api.key !== apiVersionsKey ? 1 : 0',
    replace: 'return version >= api.flexibleVersion ? 1 : 0',
    tests: [frameTest],
  },
  {
    name: 'protocol/frame-size',
    breaks: 'frames that carry records by reference announce the wrong size',
    file: writer,
    search: 'return this.chunkBytes + this.position - this.segmentStart',
    replace: 'return this.position',
    tests: [frameTest, 'packages/protocol/test/wire/writer.test.ts'],
  },
  {
    name: 'protocol/crc-of-too-little',
    breaks: 'the checksum of a batch leaves out its attributes',
    file: header,
    search: 'crc32c(buffer.subarray(position + ATTRIBUTES_AT, end))',
    replace: 'crc32c(buffer.subarray(position + ATTRIBUTES_AT + 2, end))',
    tests: [builderTest, roundTrip],
  },
  {
    name: 'protocol/trailing-bytes',
    breaks: 'a batch with bytes behind its last record passes for sound',
    file: 'packages/protocol/src/records/record-cursor.ts',
    search: 'if (this.#position !== this.#end) throw',
    replace: 'if (this.#position < 0) throw',
    tests: [hostile],
  },
  {
    name: 'protocol/records-that-cannot-be',
    breaks: 'a batch of a few bytes that announces a billion records is walked',
    file: 'packages/protocol/src/records/record-cursor.ts',
    search: 'if (header.recordCount * MIN_RECORD_BYTES > records.length) {',
    replace: 'if (header.recordCount < 0) {',
    tests: [hostile],
  },
  {
    name: 'protocol/sequence-wraps-early',
    breaks: 'the sequence of a producer skips 2^31 − 1',
    file: sequence,
    search: 'const SEQUENCES = 2_147_483_648',
    replace: 'const SEQUENCES = 2_147_483_647',
    tests: ['packages/protocol/test/records/sequence.test.ts'],
  },
  {
    name: 'protocol/sequence-below-zero',
    breaks: 'sequences around the wrap are compared wrongly',
    file: sequence,
    search: 'return (sequence - decrement + SEQUENCES) % SEQUENCES',
    replace: 'return sequence - decrement',
    tests: ['packages/protocol/test/records/sequence.test.ts'],
  },
]
