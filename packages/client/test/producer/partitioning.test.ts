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

  /** Turns that each partition had, of `turns`. */
  function share(
    turns: number,
    available: readonly number[],
    count: number,
    isAdaptive: boolean,
    waiting: readonly number[],
    stalled: readonly number[] = [],
  ) {
    const sticky = new StickyPartition(
      { random, switchBytes: 100, isAdaptive },
      { waiting: (partition) => waiting[partition] ?? 0, isTaken: (partition) => !stalled.includes(partition) },
    )
    const counts: number[] = Array.from({ length: count }, () => 0)
    for (let turn = 0; turn < turns; turn++) {
      const chosen = turn === 0 ? sticky.choose(available, count) : sticky.rotate(available, count)
      counts[chosen] = (counts[chosen] ?? 0) + 1
    }
    return counts
  }

  it('stays until twice the bytes went there, even if no batch was filled', () => {
    const sticky = new StickyPartition({ random, switchBytes: 100, isAdaptive: true }, { waiting: () => 0, isTaken: () => true })
    const available = [0, 2, 4]
    const chosen = sticky.choose(available, 5)
    assert.ok(available.includes(chosen))
    for (const bytes of [60, 60, 60]) {
      assert.equal(sticky.choose(available, 5), chosen)
      sticky.sent(bytes)
    }
    sticky.sent(20)
    assert.notEqual(sticky.choose(available, 5), chosen)
  })

  it('gives each available partition as many turns as any other', () => {
    for (const isAdaptive of [true, false]) {
      const counts = share(600, [0, 1, 2, 4, 5, 6], 7, isAdaptive, [])
      assert.equal(counts[3], 0)
      for (const partition of [0, 1, 2, 4, 5, 6]) assert.ok(Math.abs((counts[partition] ?? 0) - 100) <= 1, counts.join())
    }
  })

  it('gives less the longer the queue is, when it is adaptive', () => {
    const waiting = [0, 3, 9]
    // 10 : 7 : 1, which is the longest queue and one, less each queue.
    const counts = share(1800, [0, 1, 2], 3, true, waiting)
    for (const [partition, expected] of [1000, 700, 100].entries())
      assert.ok(Math.abs((counts[partition] ?? 0) - expected) <= 1, counts.join())
    for (const count of share(300, [0, 1, 2], 3, false, waiting)) assert.ok(Math.abs(count - 100) <= 1)
  })

  it('leaves out what no broker takes, unless that is all', () => {
    assert.deepEqual(share(30, [0, 1], 2, true, [1, 1], [1]), [30, 0])
    const counts = share(30, [0, 1], 2, true, [1, 1], [0, 1])
    assert.ok(
      counts.every((count) => count === 15),
      counts.join(),
    )
  })

  it('takes any partition when none has a leader', () => {
    assert.equal(
      share(6, [], 3, true, []).reduce((sum, count) => sum + count),
      6,
    )
  })

  it('leaves a partition that is gone', () => {
    const sticky = new StickyPartition({ random, switchBytes: 1000, isAdaptive: true }, { waiting: () => 0, isTaken: () => true })
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
      undefined,
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
