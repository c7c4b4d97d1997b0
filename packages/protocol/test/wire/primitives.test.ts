import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MalformedError, Reader, uvarintSizeBytes, varintSizeBytes, varlongSizeBytes, Writer, zeroUuid } from '../../src/index.ts'

type Write<T> = (w: Writer, value: T) => void
type Read<T> = (r: Reader) => T

function bytesOf<T>(write: Write<T>, value: T): Buffer {
  const w = new Writer(1)
  write(w, value)
  return w.finishBuffer()
}

/** The value has these bytes, comes back from them, and every shorter input is malformed. */
function check<T>(read: Read<T>, write: Write<T>, value: NoInfer<T>, hex: string): void {
  const bytes = bytesOf(write, value)
  assert.equal(bytes.toString('hex'), hex)
  const r = new Reader(bytes)
  assert.deepEqual(read(r), value)
  assert.equal(r.remaining, 0)
  for (let length = 0; length < bytes.length; length++) assert.throws(() => read(new Reader(bytes.subarray(0, length))), MalformedError)
}

const maxSafe = Number.MAX_SAFE_INTEGER

test('fixed integers at their bounds', () => {
  for (const [value, hex] of [
    [-128, '80'],
    [127, '7f'],
    [-1, 'ff'],
  ] as const)
    check(
      (r) => r.readInt8(),
      (w, v) => w.writeInt8(v),
      value,
      hex,
    )
  for (const [value, hex] of [
    [-32768, '8000'],
    [32767, '7fff'],
    [258, '0102'],
  ] as const)
    check(
      (r) => r.readInt16(),
      (w, v) => w.writeInt16(v),
      value,
      hex,
    )
  for (const [value, hex] of [
    [0, '0000'],
    [65535, 'ffff'],
    [258, '0102'],
  ] as const)
    check(
      (r) => r.readUint16(),
      (w, v) => w.writeUint16(v),
      value,
      hex,
    )
  for (const [value, hex] of [
    [-(2 ** 31), '80000000'],
    [2 ** 31 - 1, '7fffffff'],
    [16909060, '01020304'],
  ] as const)
    check(
      (r) => r.readInt32(),
      (w, v) => w.writeInt32(v),
      value,
      hex,
    )
  for (const [value, hex] of [
    [0, '00000000'],
    [2 ** 32 - 1, 'ffffffff'],
  ] as const)
    check(
      (r) => r.readUint32(),
      (w, v) => w.writeUint32(v),
      value,
      hex,
    )
})

test('64-bit integers up to 2^53 − 1 and no further', () => {
  const cases = [
    [0, '0000000000000000'],
    [-1, 'ffffffffffffffff'],
    [maxSafe, '001fffffffffffff'],
    [-maxSafe, 'ffe0000000000001'],
    [2 ** 32, '0000000100000000'],
  ] as const
  for (const [value, hex] of cases)
    check(
      (r) => r.readInt64(),
      (w, v) => w.writeInt64(v),
      value,
      hex,
    )
  for (const hex of ['0020000000000000', 'ffe0000000000000', '7fffffffffffffff', '8000000000000000', 'ffdfffffffffffff']) {
    assert.throws(() => new Reader(Buffer.from(hex, 'hex')).readInt64(), MalformedError, hex)
  }
  for (const value of [2 ** 53, -(2 ** 53), 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => bytesOf((w, v) => w.writeInt64(v), value), RangeError)
  }
})

test('where a field has no bound, Long.MAX_VALUE is the greatest safe integer', () => {
  check(
    (r) => r.readInt64OrUnbounded(),
    (w, v) => w.writeInt64OrUnbounded(v),
    maxSafe,
    '7fffffffffffffff',
  )
  check(
    (r) => r.readInt64OrUnbounded(),
    (w, v) => w.writeInt64OrUnbounded(v),
    maxSafe - 1,
    '001ffffffffffffe',
  )
  assert.throws(() => new Reader(Buffer.from('7ffffffffffffffe', 'hex')).readInt64OrUnbounded(), MalformedError)
})

test('hashes keep all 64 bits', () =>
  check(
    (r) => r.readInt64Hex(),
    (w, v) => w.writeInt64Hex(v),
    'fedcba9876543210',
    'fedcba9876543210',
  ))

test('unsigned varints', () => {
  const cases = [
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [16383, 'ff7f'],
    [16384, '808001'],
    [2 ** 28 - 1, 'ffffff7f'],
    [2 ** 28, '8080808001'],
    [2 ** 32 - 1, 'ffffffff0f'],
  ] as const
  for (const [value, hex] of cases) {
    check(
      (r) => r.readUvarint(),
      (w, v) => w.writeUvarint(v),
      value,
      hex,
    )
    assert.equal(uvarintSizeBytes(value), hex.length / 2)
  }
  for (const hex of ['ffffffff1f', '808080808000', 'ffffffffff0f'])
    assert.throws(() => new Reader(Buffer.from(hex, 'hex')).readUvarint(), MalformedError)
})

test('varints are zigzag', () => {
  const cases = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [2 ** 31 - 1, 'feffffff0f'],
    [-(2 ** 31), 'ffffffff0f'],
  ] as const
  for (const [value, hex] of cases) {
    check(
      (r) => r.readVarint(),
      (w, v) => w.writeVarint(v),
      value,
      hex,
    )
    assert.equal(varintSizeBytes(value), hex.length / 2)
  }
})

test('varlongs are zigzag and end at 2^53 − 1', () => {
  const cases = [
    [0, '00'],
    [-1, '01'],
    [2 ** 31, '8080808010'],
    [maxSafe, 'feffffffffffff1f'],
    [-maxSafe, 'fdffffffffffff1f'],
  ] as const
  for (const [value, hex] of cases) {
    check(
      (r) => r.readVarlong(),
      (w, v) => w.writeVarlong(v),
      value,
      hex,
    )
    assert.equal(varlongSizeBytes(value), hex.length / 2)
  }
  for (const hex of ['ffffffffffffff1f', '8080808080808020', 'ffffffffffffffffff01', '8080808080808080808001']) {
    assert.throws(() => new Reader(Buffer.from(hex, 'hex')).readVarlong(), MalformedError, hex)
  }
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const bytes = bytesOf((w, v) => w.writeVarlong(v), value)
      assert.equal(new Reader(bytes).readVarlong(), value)
      assert.equal(bytes.length, varlongSizeBytes(value))
    }),
  )
})

test('strings, plain and compact', () => {
  check(
    (r) => r.readString(),
    (w, v) => w.writeString(v),
    'grün',
    '00056772c3bc6e',
  )
  check(
    (r) => r.readCompactString(),
    (w, v) => w.writeCompactString(v),
    '€',
    '04e282ac',
  )
  check(
    (r) => r.readCompactString(),
    (w, v) => w.writeCompactString(v),
    '',
    '01',
  )
  check(
    (r) => r.readNullableString(),
    (w, v) => w.writeNullableString(v),
    null,
    'ffff',
  )
  check(
    (r) => r.readCompactNullableString(),
    (w, v) => w.writeCompactNullableString(v),
    null,
    '00',
  )
  const long = 'x'.repeat(200)
  check(
    (r) => r.readCompactString(),
    (w, v) => w.writeCompactString(v),
    long,
    `c901${'78'.repeat(200)}`,
  )
  check(
    (r) => r.readString(),
    (w, v) => w.writeString(v),
    '🧵'.repeat(30),
    `0078${'f09fa7b5'.repeat(30)}`,
  )
  assert.throws(() => bytesOf((w, v) => w.writeString(v), 'x'.repeat(32768)), RangeError)
  assert.throws(() => new Reader(Buffer.from('ffff', 'hex')).readString(), MalformedError)
  assert.throws(() => new Reader(Buffer.from('00', 'hex')).readCompactString(), MalformedError)
})

test('bytes are views, and null only where it may be', () => {
  const buffer = Buffer.from('00000002aabb', 'hex')
  const view = new Reader(buffer).readBytes()
  buffer[4] = 0
  assert.equal(view.toString('hex'), '00bb')
  check(
    (r) => r.readNullableBytes(),
    (w, v) => w.writeNullableBytes(v),
    null,
    'ffffffff',
  )
  check(
    (r) => r.readCompactNullableBytes(),
    (w, v) => w.writeCompactNullableBytes(v),
    null,
    '00',
  )
  check(
    (r) => r.readNullableBytes(),
    (w, v) => w.writeNullableBytes(v),
    Buffer.from('aabb', 'hex'),
    '00000002aabb',
  )
  check(
    (r) => r.readCompactNullableBytes(),
    (w, v) => w.writeCompactNullableBytes(v),
    Buffer.from('aabb', 'hex'),
    '03aabb',
  )
  assert.throws(() => new Reader(Buffer.from('ffffffff', 'hex')).readBytes(), MalformedError)
  assert.throws(() => new Reader(Buffer.from('7fffffff00', 'hex')).readBytes(), MalformedError)
})

test('uuids', () => {
  check(
    (r) => r.readUuid(),
    (w, v) => w.writeUuid(v),
    zeroUuid,
    '00'.repeat(16),
  )
  check(
    (r) => r.readUuid(),
    (w, v) => w.writeUuid(v),
    'AAECAwQFBgcICQoLDA0ODw',
    '000102030405060708090a0b0c0d0e0f',
  )
  for (const value of ['', 'AAECAwQFBgcICQoLDA0OD', 'AAECAwQFBgcICQoLDA0OD!'])
    assert.throws(() => bytesOf((w, v) => w.writeUuid(v), value), RangeError)
})

test('booleans and floats', () => {
  check(
    (r) => r.readBoolean(),
    (w, v) => w.writeBoolean(v),
    true,
    '01',
  )
  assert.equal(new Reader(Buffer.from('02', 'hex')).readBoolean(), true)
  check(
    (r) => r.readFloat64(),
    (w, v) => w.writeFloat64(v),
    1.5,
    '3ff8000000000000',
  )
})

test('an array length is checked against what remains', () => {
  assert.equal(new Reader(Buffer.from('0000000201020304', 'hex')).readArrayLength(2), 2)
  assert.throws(() => new Reader(Buffer.from('0000000301020304', 'hex')).readArrayLength(2), MalformedError)
  assert.throws(() => new Reader(Buffer.from('7fffffff', 'hex')).readArrayLength(1), MalformedError)
  assert.throws(() => new Reader(Buffer.from('ffffffff0f', 'hex')).readCompactArrayLength(1), MalformedError)
  assert.equal(new Reader(Buffer.from('ffffffff', 'hex')).readNullableArrayLength(1), -1)
  assert.throws(() => new Reader(Buffer.from('ffffffff', 'hex')).readArrayLength(1), MalformedError)
})

test('a value outside its type is refused, not wrapped', () => {
  assert.throws(() => bytesOf((w, v) => w.writeInt8(v), 128), RangeError)
  assert.throws(() => bytesOf((w, v) => w.writeInt16(v), -32769), RangeError)
  assert.throws(() => bytesOf((w, v) => w.writeInt32(v), 2 ** 31), RangeError)
  assert.throws(() => bytesOf((w, v) => w.writeUint16(v), -1), RangeError)
  assert.throws(() => bytesOf((w, v) => w.writeUvarint(v), -1), RangeError)
  assert.throws(() => bytesOf((w, v) => w.writeInt32(v), 1.5), RangeError)
})
