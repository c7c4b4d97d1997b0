import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Assignor, AssignorMember, AssignorTopics } from '../../src/consumer/assignors/assignor.ts'
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
