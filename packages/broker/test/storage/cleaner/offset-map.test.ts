/** The offset map against a Map, past its growth and up to its limit. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSimulation } from '@odradek/runtime/sim'

import { hashKey, keyHash } from '../../../src/storage/cleaner/key-hash.ts'
import { OffsetMap } from '../../../src/storage/cleaner/offset-map.ts'

const { random } = createSimulation({ seed: 1 }).runtime('host')

test('holds the last offset of each key, past its growth', () => {
  const map = new OffsetMap(random, 24 * 20_000, 0.9)
  const expected = new Map<string, number>()
  for (let offset = 0; offset < 12_000; offset++) {
    const key = `key ${(offset * 7919) % 5000}`
    const bytes = Buffer.from(`..${key}`)
    map.put(bytes, 2, bytes.length - 2, offset)
    expected.set(key, offset)
  }
  assert.deepEqual([map.size, map.latestOffset, map.isFull], [5000, 11_999, false])
  for (const [key, offset] of expected) assert.equal(map.get(Buffer.from(key), 0, key.length), offset)
  assert.equal(map.get(Buffer.from('another'), 0, 7), -1)
  map.advance(20_000)
  map.advance(3)
  assert.equal(map.latestOffset, 20_000)
})

test('is full at its share of its memory', () => {
  const map = new OffsetMap(random, 24 * 10, 0.5)
  for (let at = 0; at < 5; at++) {
    assert.equal(map.isFull, false)
    map.put(Buffer.from([at]), 0, 1, at)
  }
  assert.equal(map.isFull, true)
  map.put(Buffer.from([4]), 0, 1, 9)
  assert.equal(map.get(Buffer.from([4]), 0, 1), 9)
})

test('keys of every length hash apart, and by their bytes alone', () => {
  const seeds = new Int32Array([1, 2, 3, 4])
  const seen = new Set<string>()
  const bytes = Buffer.from(Array.from({ length: 80 }, (_, at) => (at * 37) % 256))
  for (let length = 0; length <= 64; length++) {
    hashKey(bytes, 3, length, seeds)
    seen.add(keyHash.join())
    const alone = Buffer.from(bytes.subarray(3, 3 + length))
    const hash = keyHash.join()
    hashKey(alone, 0, length, seeds)
    assert.equal(keyHash.join(), hash)
    for (let bit = 0; bit < length * 8; bit += 13) {
      alone[bit >> 3] = (alone[bit >> 3] as number) ^ (1 << (bit & 7))
      hashKey(alone, 0, length, seeds)
      seen.add(keyHash.join())
      alone[bit >> 3] = (alone[bit >> 3] as number) ^ (1 << (bit & 7))
    }
  }
  const flips = Array.from({ length: 65 }, (_, length) => Math.ceil((length * 8) / 13)).reduce((sum, count) => sum + count, 0)
  assert.equal(seen.size, 65 + flips)
})
