import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytes, float64, int32, int64, json, string, uuid } from '../../src/index.ts'
import { partitionOfKey } from '../../src/producer/key-hash.ts'

interface AnySerde {
  serialize(value: never, topic: string): Uint8Array | string | null
  deserialize(data: Buffer, topic: string): unknown
}

const hex = (serde: AnySerde, value: unknown): string => Buffer.from(serde.serialize(value as never, 't') ?? '').toString('hex')

/** What Java's serializer of the same kind writes for a value, and what is read back where that is another. */
const written: readonly (readonly [name: string, serde: AnySerde, value: unknown, hex: string, read?: unknown])[] = [
  ['int32', int32, 0, '00000000'],
  ['int32', int32, 1, '00000001'],
  ['int32', int32, -1, 'ffffffff'],
  ['int32', int32, 2_147_483_647, '7fffffff'],
  ['int32', int32, -2_147_483_648, '80000000'],
  ['int64', int64, 1, '0000000000000001'],
  ['int64', int64, -2, 'fffffffffffffffe'],
  ['int64', int64, 9_007_199_254_740_991, '001fffffffffffff'],
  ['int64', int64, 5n, '0000000000000005', 5],
  ['float64', float64, 0, '0000000000000000'],
  ['float64', float64, 1.5, '3ff8000000000000'],
  ['float64', float64, -0.1, 'bfb999999999999a'],
  ['float64', float64, Number.NaN, '7ff8000000000000'],
  ['float64', float64, Number.NEGATIVE_INFINITY, 'fff0000000000000'],
  ['uuid', uuid, '0a1b2c3d-0000-4000-8000-00000000abcd', Buffer.from('0a1b2c3d-0000-4000-8000-00000000abcd').toString('hex')],
  [
    'uuid',
    uuid,
    '0A1B2C3D-0000-4000-8000-00000000ABCD',
    Buffer.from('0a1b2c3d-0000-4000-8000-00000000abcd').toString('hex'),
    '0a1b2c3d-0000-4000-8000-00000000abcd',
  ],
  ['bytes', bytes, Buffer.from([0, 127, 128, 255]), '007f80ff'],
  ['string', string, 'é', 'c3a9'],
  ['json', json(), { a: 1 }, '7b2261223a317d'],
]

/** What has no place in so many bytes, or is another kind of thing. */
const refused: readonly (readonly [name: string, serde: AnySerde, values: readonly unknown[]])[] = [
  ['int32', int32, [1.5, Number.NaN, 2_147_483_648, -2_147_483_649, '7', true, null, undefined, 7n, [7]]],
  ['int64', int64, [1.5, Number.NaN, 2 ** 53, '7', true, null, undefined, 2n ** 63n, -(2n ** 63n) - 1n, [7]]],
  ['float64', float64, ['abc', '1', true, null, undefined, 1n, {}, []]],
  ['uuid', uuid, ['', 'abc', 7, null, ['0a1b2c3d-0000-4000-8000-00000000abcd'], '0a1b2c3d00004000800000000000abcd']],
  ['bytes', bytes, ['text', 7, null, [1, 2], new ArrayBuffer(2)]],
  ['string', string, [7, null, Buffer.from('x')]],
  ['json', json(), [undefined, () => 1]],
]

describe('serdes write what Java’s do', () => {
  for (const [name, serde, value, expected, read = value] of written) {
    it(`${name} ${String(value)}`, () => {
      assert.equal(hex(serde, value), expected)
      assert.deepEqual(serde.deserialize(Buffer.from(expected, 'hex'), 't'), read)
    })
  }

  it('int64 takes what a bigint holds, and reads no number that would be another', () => {
    assert.equal(hex(int64, 2n ** 63n - 1n), '7fffffffffffffff')
    assert.equal(hex(int64, -(2n ** 63n)), '8000000000000000')
    assert.throws(() => int64.deserialize(Buffer.from('7fffffffffffffff', 'hex'), 't'), RangeError)
  })

  it('a UUID is in the same partition however it is written', () => {
    const key = '0A1B2C3D-0000-4000-8000-00000000ABCD'
    assert.equal(partitionOfKey(uuid.serialize(key, 't') ?? '', 97), partitionOfKey(uuid.serialize(key.toLowerCase(), 't') ?? '', 97))
  })
})

describe('serdes write nothing wrong', () => {
  for (const [name, serde, values] of refused) {
    it(name, () => {
      for (const value of values) {
        assert.throws(() => serde.serialize(value as never, 't'), /RangeError|TypeError/, `${name} of ${String(value)}`)
      }
    })
  }

  it('nor read what has another length', () => {
    for (const [serde, size] of [
      [int32, 3],
      [int64, 4],
      [float64, 9],
      [uuid, 35],
    ] as const)
      assert.throws(() => serde.deserialize(Buffer.alloc(size), 't'), /RangeError|TypeError/)
  })
})
