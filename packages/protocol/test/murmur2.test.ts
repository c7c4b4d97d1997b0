import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, toPositive } from '../src/index.ts'

// From org.apache.kafka.common.utils.Utils.murmur2 of kafka-clients 4.3.1.
const hashes = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
] as const

test('murmur2 equals that of the Java client', () => {
  for (const [text, hash] of hashes) assert.equal(murmur2(Buffer.from(text)), hash, text)
})

test('toPositive clears the sign', () => {
  assert.equal(toPositive(-973932308), 1173551340)
  assert.equal(toPositive(-(2 ** 31)), 0)
  assert.equal(toPositive(7), 7)
})
