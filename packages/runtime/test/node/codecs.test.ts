import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { Codec, CodecName } from '../../src/index.ts'
import { CorruptCompressionError, createNodeCodecs, DecompressionBoundError } from '../../src/index.ts'
import { crc32cInJavaScript } from '../../src/node/codecs/crc32c.ts'

const names: readonly CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']
const codecs = createNodeCodecs()
const loaded = new Map<CodecName, Codec>()
const KIB = 1024
const MIB = 1024 * KIB

before(async () => {
  for (const name of names) loaded.set(name, await codecs.load(name))
})

function codec(name: CodecName): Codec {
  const found = loaded.get(name)
  assert.ok(found !== undefined)
  return found
}

const text = Buffer.from(Array.from({ length: 3_000 }, (_, i) => `{"id":${i},"name":"user ${(i * 31) % 97}"}`).join('\n'))
const samples: readonly [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['text', text],
  ['just a snappy block', text.subarray(0, 32 * KIB)],
  ['a byte over an lz4 block', text.subarray(0, 64 * KIB + 1)],
  ['zeros', Buffer.alloc(3 * MIB)],
  ['noise', randomBytes(200 * KIB)],
  ['noise and text', Buffer.concat([randomBytes(70 * KIB), text, randomBytes(9)])],
]

for (const name of names) {
  test(`${name}: what goes in comes out, within exactly its size`, () => {
    for (const [label, data] of samples) {
      const compressed = codec(name).compress(data)
      assert.deepEqual(Buffer.from(codec(name).decompress(compressed, data.length)), data, label)
      if (data.length > 0) assert.throws(() => codec(name).decompress(compressed, data.length - 1), DecompressionBoundError, label)
    }
  })

  test(`${name}: any bytes, from a view in the middle of other memory`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.integer({ min: 1, max: 40 }), (bytes, times) => {
        const data = Buffer.concat([Buffer.from('before'), ...Array.from({ length: times }, () => bytes), Buffer.from('after')])
        const view = new Uint8Array(data.buffer, data.byteOffset + 6, bytes.length * times)
        const compressed = codec(name).compress(view)
        assert.deepEqual(Buffer.from(codec(name).decompress(compressed, 1_000_000)), Buffer.from(view))
      }),
      { numRuns: 60 },
    )
  })

  test(`${name}: cut at any byte it is corrupt, never less`, () => {
    const data = text.subarray(0, 600)
    const compressed = Buffer.from(codec(name).compress(data))
    for (let length = 0; length < compressed.length; length++) {
      // A snappy stream in Java's framing has no end mark: cut between blocks it is whole, here before the only one.
      if (name === 'snappy' && length === 16) continue
      assert.throws(() => codec(name).decompress(compressed.subarray(0, length), MIB), CorruptCompressionError, `${length} bytes`)
    }
  })

  test(`${name}: changed bytes end in one of the two errors or in bytes within the bound`, () => {
    const compressed = Buffer.from(codec(name).compress(text.subarray(0, 3_000)))
    const change = fc.tuple(fc.integer({ min: 0, max: compressed.length - 1 }), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Buffer.from(compressed)
        for (const [at, byte] of changes) changed[at] = byte
        try {
          assert.ok(codec(name).decompress(changed, 10_000).length <= 10_000)
        } catch (error) {
          assert.ok(error instanceof CorruptCompressionError || error instanceof DecompressionBoundError, String(error))
        }
      }),
      { numRuns: 1_000 },
    )
  })
}

test('levels change what gzip and zstd write, and are ignored by the others', () => {
  for (const name of names) {
    const low = codec(name).compress(text, 1)
    const high = codec(name).compress(text, 9)
    assert.equal(Buffer.compare(low, high) !== 0, name === 'gzip' || name === 'zstd', name)
    assert.deepEqual(Buffer.from(codec(name).decompress(high, text.length)), text)
  }
  for (const level of [-131_072, -5, 1, 19, 22]) {
    assert.deepEqual(Buffer.from(codec('zstd').decompress(codec('zstd').compress(text, level), text.length)), text, String(level))
  }
})

/** Hexadecimal digits in which (n) stands for n bytes of 0xff. */
function unabbreviated(text: string): Buffer {
  return Buffer.from(
    text.replace(/\((\d+)\)/g, (_, count) => 'ff'.repeat(Number(count))),
    'hex',
  )
}

/** Frames that inflate to half a gigabyte, put together from repeated parts. */
function bombs(): Record<CodecName, Buffer> {
  const repeated = (part: Uint8Array, times: number): Buffer => Buffer.concat(Array.from({ length: times }, () => part))
  // One stored header, then a run of 128 KiB in four bytes, 4,000 times over; the last is marked.
  const run = Buffer.from([0x02, 0x00, 0x10, 0x00])
  const zstd = Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), repeated(run, 3_999), Buffer.from([0x03, 0x00, 0x10, 0x00])])
  const lz4 = Buffer.from(codec('lz4').compress(Buffer.alloc(64 * KIB)))
  const snappy = Buffer.from(codec('snappy').compress(Buffer.alloc(32 * KIB)))
  return {
    gzip: repeated(gzipSync(Buffer.alloc(10 * MIB)), 50),
    snappy: Buffer.concat([snappy.subarray(0, 16), repeated(snappy.subarray(16), 16_000)]),
    lz4: Buffer.concat([lz4.subarray(0, 7), repeated(lz4.subarray(7, -4), 8_000), lz4.subarray(-4)]),
    zstd,
  }
}

test('a bomb is refused before it is inflated: memory stays flat', () => {
  for (const [name, bomb] of Object.entries(bombs()) as [CodecName, Buffer][]) {
    const before = process.memoryUsage().rss
    assert.throws(() => codec(name).decompress(bomb, 10 * MIB), DecompressionBoundError, name)
    const grown = process.memoryUsage().rss - before
    assert.ok(grown < 40 * MIB, `${name}: ${bomb.length} bytes took ${Math.round(grown / MIB)} MiB`)
  }
})

test('a size that lies does not take memory either', () => {
  // A snappy block that claims 1 GiB in ten bytes.
  const snappy = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x04, 0, 0, 0, 0, 0])
  assert.throws(() => codec('snappy').decompress(snappy, 2 ** 31), CorruptCompressionError)
  // A zstd frame whose content size says 16 bytes and whose blocks say 1 MiB.
  const run = Buffer.from([0x02, 0x00, 0x10, 0x00])
  const zstd = Buffer.concat([Buffer.from('28b52ffd2010', 'hex'), ...Array.from({ length: 8 }, () => run), Buffer.from([0x01, 0, 0])])
  assert.throws(() => codec('zstd').decompress(zstd, MIB - 1), DecompressionBoundError)
})

test('snappy is read bare as well as framed, and framed streams one after the other', () => {
  const framed = Buffer.from(codec('snappy').compress(text.subarray(0, 1_000)))
  const bare = framed.subarray(20)
  assert.deepEqual(Buffer.from(codec('snappy').decompress(bare, 1_000)), text.subarray(0, 1_000))
  const twice = codec('snappy').decompress(Buffer.concat([framed, framed]), 2_000)
  assert.deepEqual(Buffer.from(twice), Buffer.concat([text.subarray(0, 1_000), text.subarray(0, 1_000)]))
})

test('lz4 frames are what Java reads: version 1, independent blocks of 64 KiB, no checksums', () => {
  const frame = Buffer.from(codec('lz4').compress(text))
  assert.equal(frame.subarray(0, 7).toString('hex'), '04224d18604082')
  assert.equal(frame.subarray(-4).toString('hex'), '00000000')
})

test('lz4 frames of other writers: content size, checksums, linked blocks, bytes after the end', () => {
  // By lz4 1.9.4: lz4 -BX --content-size of 'hello hello hello hello hello'.
  const checked = Buffer.from('04224d187c401d000000000000008e0f0000006e68656c6c6f2006005068656c6c6f98f6dc6d0000000079b1fff9', 'hex')
  const inflated = codec('lz4').decompress(Buffer.concat([checked, Buffer.from('rest')]), 29)
  assert.equal(Buffer.from(inflated).toString(), 'hello hello hello hello hello')
  // By lz4 1.9.4: lz4 -BD -B4 of 'hello linked blocks ' 5,000 times; what repeats is abbreviated here.
  const linked = unabbreviated(
    '04224d1844405e1f010000ff0568656c6c6f206c696e6b656420626c6f636b73201400(256)d4506420626c6f910000000ff0(136)0f506f636b732000000000001cc3e3',
  )
  const expected = 'hello linked blocks '.repeat(5_000)
  assert.equal(Buffer.from(codec('lz4').decompress(linked, expected.length)).toString(), expected)
  assert.throws(() => codec('lz4').decompress(linked, expected.length - 1), DecompressionBoundError)
})

test('CRC-32C: the check value, and native and portable agree over every length and alignment', () => {
  assert.equal(codecs.crc32c(Buffer.from('123456789')), 0xe3069283)
  assert.equal(crc32cInJavaScript(Buffer.from('123456789')), 0xe3069283)
  const data = randomBytes(70_000)
  // Past what is hashed in JavaScript while the native module is not worth loading.
  assert.equal(codecs.crc32c(data), crc32cInJavaScript(data))
  for (let length = 0; length < 40; length++) {
    for (let start = 0; start < 8; start++) {
      const view = data.subarray(start, start + length)
      assert.equal(codecs.crc32c(view), crc32cInJavaScript(view))
    }
  }
})

test('a codec is loaded once, and there for synchronous use afterwards', async () => {
  const fresh = createNodeCodecs()
  assert.equal(fresh.loaded('gzip'), undefined)
  const [one, two] = await Promise.all([fresh.load('gzip'), fresh.load('gzip')])
  assert.equal(one, two)
  assert.equal(fresh.loaded('gzip'), one)
})
