import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { murmur2 } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'
import { partitionOfKey } from '../../src/producer/key-hash.ts'
import { PartitionChooser } from '../../src/producer/partition-chooser.ts'
import { StickyPartition } from '../../src/producer/sticky.ts'

describe('partition of a key', () => {
  // Values of org.apache.kafka.common.utils.Utils.murmur2, from Kafka's own UtilsTest.
  for (const [key, hash] of [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ] as const) {
    it(`${key}`, () => {
      assert.equal(murmur2(Buffer.from(key)), hash)
      assert.equal(partitionOfKey(key, 1000), (hash & 0x7fffffff) % 1000)
      assert.equal(partitionOfKey(Buffer.from(key), 1000), (hash & 0x7fffffff) % 1000)
    })
  }

  it('is the same for text and its UTF-8 bytes', () => {
    for (const key of ['', 'é', '日本語', '👍🏽', 'x'.repeat(256), 'x'.repeat(257), `${'x'.repeat(255)}é`]) {
      assert.equal(partitionOfKey(key, 97), partitionOfKey(Buffer.from(key), 97), key)
    }
  })
})

describe('partitions without a key', () => {
  const { random } = createNodeRuntime()

  it('stays until enough bytes went there, and visits every partition once a turn', () => {
    const sticky = new StickyPartition(random, 100)
    const available = [0, 2, 4]
    for (let turn = 0; turn < 5; turn++) {
      const visited = new Set<number>()
      for (let visit = 0; visit < 3; visit++) {
        const chosen = sticky.choose(available, 5)
        sticky.sent(60)
        assert.equal(sticky.choose(available, 5), chosen)
        sticky.sent(60)
        visited.add(chosen)
      }
      assert.deepEqual(
        [...visited].sort((left, right) => left - right),
        available,
      )
    }
  })

  it('takes any partition when none has a leader', () => {
    const sticky = new StickyPartition(random, 1)
    assert.ok(sticky.choose([], 3) < 3)
  })

  it('leaves a partition that is gone', () => {
    const sticky = new StickyPartition(random, 1000)
    sticky.choose([5], 6)
    assert.equal(sticky.choose([0], 1), 0)
  })
})

describe('the choice', () => {
  const noPartitions = Array.from({ length: 6 }, (_, partition) => ({
    partition,
    leader: 1,
    leaderEpoch: 0,
    replicas: [],
    isr: [],
    offlineReplicas: [],
  }))
  const metadata = { topic: 't', topicId: '', internal: false, errorCode: 0, partitions: noPartitions, available: [1, 3] }

  it('round robin goes over what has a leader', () => {
    const chooser = new PartitionChooser({ partitioner: undefined, roundRobin: true, ignoreKeys: false })
    assert.deepEqual(
      [0, 1, 2, 3].map(() => chooser.byKey({ topic: 't', value: '' }, 'k', metadata)),
      [1, 3, 1, 3],
    )
  })

  it('keys can be ignored, and a function may decide or decline', () => {
    assert.equal(
      new PartitionChooser({ partitioner: undefined, roundRobin: false, ignoreKeys: true }).byKey({ topic: 't', value: '' }, 'k', metadata),
      -1,
    )
    const chooser = new PartitionChooser<string, string>({
      partitioner: ({ key, keyBytes, partitionCount }) => (key === 'mine' && keyBytes?.length === 4 ? partitionCount - 1 : undefined),
      roundRobin: false,
      ignoreKeys: false,
    })
    assert.equal(chooser.byKey({ topic: 't', key: 'mine', value: '' }, 'mine', metadata), 5)
    assert.equal(chooser.byKey({ topic: 't', key: 'abc', value: '' }, 'abc', metadata), partitionOfKey('abc', 6))
  })
})
