import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Assignment, Assignor, AssignorMember, AssignorTopics } from '../../src/consumer/assignors/assignor.ts'
import { compare } from '../../src/consumer/assignors/assignor.ts'
import { rangeAssignor } from '../../src/consumer/assignors/range.ts'
import { roundRobinAssignor } from '../../src/consumer/assignors/round-robin.ts'
import { CooperativeStickyAssignor, StickyAssignor } from '../../src/consumer/assignors/sticky/sticky.ts'
import type { TopicPartition } from '../../src/index.ts'

function member(memberId: string, topics: readonly string[], groupInstanceId: string | null = null): AssignorMember {
  return { memberId, groupInstanceId, topics, userData: null, owned: [], generationId: -1, rackId: null }
}

function assign(assignor: Assignor, counts: Record<string, number>, members: readonly AssignorMember[]): Record<string, string[]> {
  const result = assignor.assign(withoutRacks(counts), members)
  return Object.fromEntries([...result].map(([id, { partitions }]) => [id, partitions.map(placeName)]))
}

const placeName = ({ topic, partition }: TopicPartition): string => `${topic}${partition}`

function withoutRacks(counts: Record<string, number>): AssignorTopics {
  return new Map(Object.entries(counts).map(([topic, count]) => [topic, Array.from({ length: count }, () => [])]))
}

describe('range', () => {
  it('gives the first members one more, topic by topic', () => {
    assert.deepEqual(assign(rangeAssignor, { a: 3, b: 3 }, [member('m2', ['a', 'b']), member('m1', ['a', 'b'])]), {
      m1: ['a0', 'a1', 'b0', 'b1'],
      m2: ['a2', 'b2'],
    })
  })

  it('leaves members without partitions when there are more of them', () => {
    assert.deepEqual(assign(rangeAssignor, { a: 1 }, [member('m1', ['a']), member('m2', ['a']), member('m3', ['b'])]), {
      m1: ['a0'],
      m2: [],
      m3: [],
    })
  })

  it('puts static members first, by instance id', () => {
    const members = [member('m1', ['a']), member('m9', ['a'], 'i2'), member('m8', ['a'], 'i1')]
    assert.deepEqual(assign(rangeAssignor, { a: 3 }, members), { m8: ['a0'], m9: ['a1'], m1: ['a2'] })
  })
})

describe('round robin', () => {
  it('deals all topics in one row', () => {
    assert.deepEqual(assign(roundRobinAssignor, { a: 3, b: 3 }, [member('m1', ['a', 'b']), member('m2', ['a', 'b'])]), {
      m1: ['a0', 'a2', 'b1'],
      m2: ['a1', 'b0', 'b2'],
    })
  })

  it('passes over members that do not want a topic', () => {
    const members = [member('m1', ['a']), member('m2', ['a', 'b']), member('m3', ['a', 'b', 'c'])]
    assert.deepEqual(assign(roundRobinAssignor, { a: 1, b: 2, c: 3 }, members), { m1: ['a0'], m2: ['b0'], m3: ['b1', 'c0', 'c1', 'c2'] })
  })
})

/** Lets members join one after the other, each time with what they were given before. */
class Rounds {
  readonly #assignor: () => Assignor
  #generation = 0
  #given: ReadonlyMap<string, Assignment> = new Map()

  constructor(assignor: () => Assignor) {
    this.#assignor = assignor
  }

  next(counts: Record<string, number>, wants: Record<string, readonly string[]>): Record<string, string[]> {
    const members = Object.entries(wants).map(([memberId, topics]): AssignorMember => {
      const assignor = this.#assignor()
      const given = this.#given.get(memberId)
      if (given !== undefined) assignor.onAssignment?.(given, this.#generation)
      const userData = assignor.subscriptionUserData?.(topics) ?? null
      return {
        ...member(memberId, topics),
        userData,
        owned: given?.partitions ?? [],
        generationId: given === undefined ? -1 : this.#generation,
      }
    })
    this.#given = this.#assignor().assign(withoutRacks(counts), members)
    this.#generation++
    return Object.fromEntries(
      [...this.#given]
        .sort(([left], [right]) => compare(left, right))
        .map(([id, { partitions }]) => [id, partitions.map(placeName).sort(compare)]),
    )
  }
}

describe('sticky', () => {
  it('moves as little as an even share takes', () => {
    const rounds = new Rounds(() => new StickyAssignor())
    const [one, two, three] = [['a'], ['a'], ['a']]
    assert.deepEqual(rounds.next({ a: 7 }, { m1: one, m2: two }), { m1: ['a0', 'a2', 'a4', 'a6'], m2: ['a1', 'a3', 'a5'] })
    assert.deepEqual(rounds.next({ a: 7 }, { m1: one, m2: two, m3: three }), { m1: ['a0', 'a2', 'a4'], m2: ['a1', 'a3'], m3: ['a5', 'a6'] })
    assert.deepEqual(rounds.next({ a: 7 }, { m2: two, m3: three }), { m2: ['a0', 'a1', 'a3', 'a4'], m3: ['a2', 'a5', 'a6'] })
  })

  it('evens out where members want different topics, and moves no more than that takes', () => {
    const rounds = new Rounds(() => new StickyAssignor())
    assert.deepEqual(rounds.next({ a: 1, b: 2, c: 3 }, { m1: ['a'], m2: ['a', 'b'], m3: ['a', 'b', 'c'] }), {
      m1: ['a0'],
      m2: ['b0', 'b1'],
      m3: ['c0', 'c1', 'c2'],
    })
    assert.deepEqual(rounds.next({ a: 1, b: 2, c: 3 }, { m2: ['a', 'b'], m3: ['a', 'b', 'c'] }), {
      m2: ['a0', 'b0', 'b1'],
      m3: ['c0', 'c1', 'c2'],
    })
  })

  it('believes the later of two who claim a partition, and neither within a generation', () => {
    const claim = (memberId: string, generationId: number, ...partitions: number[]): AssignorMember => {
      const assignor = new StickyAssignor()
      assignor.onAssignment({ partitions: partitions.map((partition) => ({ topic: 'a', partition })) }, generationId)
      return { ...member(memberId, ['a']), userData: assignor.subscriptionUserData(), generationId }
    }
    const late = assign(new StickyAssignor(), { a: 4 }, [claim('m1', 1, 0, 1), claim('m2', 2, 1, 2)])
    assert.deepEqual(late, { m1: ['a0', 'a3'], m2: ['a1', 'a2'] })
  })

  it('goes by Java’s order of members where it has a choice', () => {
    // As Kafka 4.3.1 does it: who comes first in its hash table keeps the odd one.
    const rounds = new Rounds(() => new StickyAssignor())
    rounds.next({ a: 6 }, { 'consumer-1': ['a'], 'consumer-2': ['a'] })
    const sizes = Object.entries(rounds.next({ a: 7 }, { 'consumer-1': ['a'], 'consumer-2': ['a'], new: ['a'] }))
    assert.deepEqual(Object.fromEntries(sizes.map(([id, partitions]) => [id, partitions.length])), {
      'consumer-1': 2,
      'consumer-2': 3,
      new: 2,
    })
  })

  it('reads what older clients send, and takes what it cannot read for nothing', () => {
    const assignor = new StickyAssignor()
    assignor.onAssignment({ partitions: [{ topic: 'a', partition: 2 }] }, 5)
    const v1 = assignor.subscriptionUserData() ?? Buffer.alloc(0)
    assert.equal(v1.toString('hex'), '00000001000161000000010000000200000005')
    for (const [userData, expected] of [
      [v1.subarray(0, -4), ['a1', 'a2']],
      [v1.subarray(0, 9), ['a0', 'a1']],
    ] as const) {
      const members = [{ ...member('m1', ['a']), userData: Buffer.from(userData) }, member('m0', ['a'])]
      assert.deepEqual(assign(new StickyAssignor(), { a: 4 }, members)['m1']?.length, 2, expected.join())
    }
  })
})

describe('cooperative-sticky', () => {
  it('gives a partition that moves to nobody for one rebalance', () => {
    const rounds = new Rounds(() => new CooperativeStickyAssignor())
    const wants = { m1: ['a'], m2: ['a'] }
    assert.deepEqual(rounds.next({ a: 4 }, { m1: ['a'] }), { m1: ['a0', 'a1', 'a2', 'a3'] })
    assert.deepEqual(rounds.next({ a: 4 }, wants), { m1: ['a0', 'a1'], m2: [] })
    assert.deepEqual(rounds.next({ a: 4 }, wants), { m1: ['a0', 'a1'], m2: ['a2', 'a3'] })
  })

  it('does so too where members want different topics', () => {
    const rounds = new Rounds(() => new CooperativeStickyAssignor())
    const wants = { m1: ['a', 'b'], m2: ['a'] }
    rounds.next({ a: 4, b: 1 }, { m1: ['a', 'b'] })
    assert.deepEqual(rounds.next({ a: 4, b: 1 }, wants)['m2'], [])
    assert.equal(rounds.next({ a: 4, b: 1 }, wants)['m2']?.length, 2)
  })
})

describe('racks', () => {
  const near = (memberId: string, rackId: string): AssignorMember => ({ ...member(memberId, ['a', 'b']), rackId })
  const racks = [['x'], ['y'], ['x'], ['y']]

  it('bring members the partitions that have a replica near them', () => {
    const topics: AssignorTopics = new Map([['a', racks]])
    for (const assignor of [rangeAssignor, new StickyAssignor(), new CooperativeStickyAssignor()]) {
      const result = assignor.assign(topics, [near('m1', 'y'), near('m2', 'x')])
      assert.deepEqual(result.get('m1')?.partitions.map(placeName), ['a1', 'a3'], assignor.protocolName)
    }
  })

  it('keep partitions of the same number together under range', () => {
    const topics: AssignorTopics = new Map([
      ['a', racks],
      ['b', racks],
    ])
    const result = rangeAssignor.assign(topics, [near('m1', 'y'), near('m2', 'x')])
    assert.deepEqual(result.get('m1')?.partitions.map(placeName), ['a1', 'a3', 'b1', 'b3'])
  })
})

it('every partition that somebody wants has one owner, who wants it', () => {
  const topics = ['a', 'b', 'c']
  const members = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), wants: fc.subarray(topics) }), {
    selector: ({ id }) => id,
    maxLength: 6,
  })
  const counts = fc.record({ a: fc.nat(7), b: fc.nat(7) })
  fc.assert(
    fc.property(members, counts, (list, partitions) => {
      for (const assignor of [rangeAssignor, roundRobinAssignor, new StickyAssignor(), new CooperativeStickyAssignor()]) {
        const dealt = assignor.assign(
          withoutRacks(partitions),
          list.map(({ id, wants }) => member(id, wants)),
        )
        const owners = new Map<string, string>()
        for (const [id, { partitions: taken }] of dealt) {
          for (const { topic, partition } of taken) {
            assert.ok(list.find((each) => each.id === id)?.wants.includes(topic))
            assert.ok(!owners.has(`${topic}${partition}`))
            owners.set(`${topic}${partition}`, id)
          }
        }
        assert.equal(dealt.size, list.length)
        for (const [topic, count] of Object.entries(partitions)) {
          if (!list.some(({ wants }) => wants.includes(topic))) continue
          for (let partition = 0; partition < count; partition++) assert.ok(owners.has(`${topic}${partition}`))
        }
      }
    }),
  )
})
