import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RandomStream } from '../../src/sim/random-stream.ts'

const draws = (stream: RandomStream): number[] => Array.from({ length: 50 }, () => stream.next())

describe('a stream of randomness', () => {
  it('follows from seed and name alone', () => {
    assert.deepEqual(draws(new RandomStream(1, 'disk')), draws(new RandomStream(1, 'disk')))
    assert.notDeepEqual(draws(new RandomStream(1, 'disk')), draws(new RandomStream(2, 'disk')))
    assert.notDeepEqual(draws(new RandomStream(1, 'disk')), draws(new RandomStream(1, 'network')))
  })

  it('is even over its range', () => {
    const stream = new RandomStream(1, 'even')
    const counts = Array.from({ length: 10 }, () => 0)
    for (let count = 0; count < 10_000; count++) {
      const value = stream.int(10)
      counts[value] = (counts[value] ?? 0) + 1
    }
    for (const count of counts) assert.ok(count > 850 && count < 1150, counts.join())
  })

  it('gives chances, ranges, bytes and UUIDs', () => {
    const stream = new RandomStream(1, 'kinds')
    assert.equal(stream.chance(0), false)
    assert.equal(stream.chance(1), true)
    for (let count = 0; count < 100; count++) {
      const value = stream.within({ min: 5, max: 7 })
      assert.ok(value >= 5 && value < 7)
    }
    assert.equal(stream.bytes(13).length, 13)
    assert.match(stream.uuid(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })
})
