/**
 * Every key of the consumer's configuration has an effect, seen here from the application's side, or as what the broker is asked for. What
 * brokers and other members then do is in tests/simulation/consumer-keys.test.ts.
 */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  consumerProtocolSubscription,
  fetch,
  heartbeat,
  joinGroup,
  leaveGroup,
  metadata,
  offsetCommit,
  offsetFetch,
} from '@odradek/protocol'
import type { Consumer, ConsumerConfig, ConsumerOptions } from '../../src/index.ts'
import { BrokerError, CorruptBatchError, TimeoutError } from '../../src/index.ts'
import { FakeGroup } from '../support/fake-group.ts'
import { FakePartitions } from '../support/fake-partitions.ts'

class Stage {
  readonly fake = new FakePartitions(2)
  readonly group = new FakeGroup(this.fake.cluster)
  readonly #open: Consumer<string, string>[] = []

  constructor() {
    this.fake.at(0).write('a0', 'a1', 'a2')
  }

  async subscribed(options: ConsumerOptions<string, string> = {}): Promise<Consumer<string, string>> {
    const consumer = this.fake.consumer({ groupId: 'g', ...options })
    this.#open.push(consumer)
    await consumer.subscribe(['t'])
    return consumer
  }

  async assigned(options: ConsumerOptions<string, string> = {}): Promise<Consumer<string, string>> {
    const consumer = await this.fake.assigned(options)
    this.#open.push(consumer)
    return consumer
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((consumer) => consumer.close()))
  }
}

/** The first request of the kind that was sent by a consumer with these options. */
const join = async (stage: Stage, options: ConsumerOptions<string, string>) => {
  await stage.fake.poll(await stage.subscribed(options), 300)
  return stage.fake.cluster.of(joinGroup)[0]
}
const firstFetch = async (stage: Stage, options: ConsumerOptions<string, string>) => {
  await stage.fake.poll(await stage.assigned(options), 10)
  return stage.fake.cluster.of(fetch)[0]
}

/** Nodes whose records reach a consumer in this rack, when the leader, node 1, sends readers of rack near to node 2. */
async function sourcesFor(clientRack: string): Promise<number[]> {
  const fake = new FakePartitions(1, [1, 2])
  const partition = fake.at(0).write('a0')
  const sources: number[] = []
  partition.answer = ({ fetchOffset }, { node }) => {
    if (node === 1 && fake.fetches.at(-1)?.rackId === 'near') return { preferredReadReplica: 2 }
    const rest = partition.records.slice(fetchOffset)
    if (rest.length === 0) return {}
    sources.push(node)
    return { records: fake.batches(rest, fetchOffset) }
  }
  const consumer = await fake.assigned({ clientRack })
  assert.deepEqual(await fake.poll(consumer, 10), ['a0'])
  await consumer.close()
  return sources
}

/** What a consumer in this rack is given beside another in rack far, of two partitions: the first is in rack far, the second in near. */
async function shareFor(clientRack: string): Promise<number[]> {
  const fake = new FakePartitions(2, [1, 2])
  fake.racks.set(1, 'far').set(2, 'near')
  fake.at(1).leader = 2
  const group = new FakeGroup(fake.cluster)
  group.others.push({ memberId: 'm2', metadata: consumerProtocolSubscription.encode({ topics: ['t'], rackId: 'far' }) })
  const consumer = fake.consumer({ groupId: 'g', clientRack })
  await consumer.subscribe(['t'])
  await fake.poll(consumer, 300)
  const share = consumer.assignment().map(({ partition }) => partition)
  await consumer.close()
  return share
}

const effects = {
  groupId: async (stage) => {
    await stage.subscribed({ groupId: 'billing' }).then((consumer) => stage.fake.poll(consumer, 300))
    assert.equal(stage.fake.cluster.of(offsetFetch)[0]?.groups[0]?.groupId, 'billing')
    const without = stage.fake.consumer({})
    await assert.rejects(without.subscribe(['t']), /group\.id/)
    await without.close()
    assert.throws(() => stage.fake.consumer({ groupId: '' }), /group\.id must not be empty/)
  },
  groupProtocol: async (stage) => {
    for (const given of ['classic', 'CLASSIC'])
      await stage.subscribed({ properties: { 'group.protocol': given } }).then((consumer) => stage.fake.poll(consumer, 300))
    assert.ok(stage.fake.cluster.of(joinGroup).length > 0)
    const refused = (given: string) => () => stage.fake.consumer({ properties: { 'group.protocol': given } })
    for (const given of ['consumer', 'CONSUMER'])
      assert.throws(refused(given), /group\.protocol cannot be '\w+': .*KIP-848 is not supported yet/)
    assert.throws(refused('clasic'), /group\.protocol must be 'classic', not "clasic"; did you mean 'classic'\?/)
  },
  groupInstanceId: async (stage) => {
    assert.throws(() => stage.fake.consumer({ groupInstanceId: '' }), /group\.instance\.id must not be empty/)
    assert.equal((await join(stage, { groupInstanceId: 'one' }))?.groupInstanceId, 'one')
    await stage.close()
    assert.equal(stage.fake.cluster.of(leaveGroup).length, 0)
  },
  enableAutoCommit: async (stage) => {
    for (const enableAutoCommit of [false, true]) {
      const consumer = await stage.subscribed({ enableAutoCommit })
      assert.equal((await stage.fake.poll(consumer, 300)).length, 3)
      await consumer.close()
      assert.equal(stage.group.committed.get(0), enableAutoCommit ? 3 : undefined)
    }
  },
  autoCommitIntervalMs: async (stage) => {
    const consumer = await stage.subscribed({ autoCommitIntervalMs: 700 })
    assert.equal((await stage.fake.poll(consumer, 300)).length, 3)
    await stage.fake.poll(consumer, 200)
    assert.equal(stage.fake.cluster.of(offsetCommit).length, 0)
    await stage.fake.poll(consumer, 600)
    assert.equal(stage.group.committed.get(0), 3)
  },
  autoOffsetReset: async (stage) => {
    const ends = [
      ['earliest', 0],
      ['latest', 3],
    ] as const
    for (const [autoOffsetReset, offset] of ends) {
      const consumer = await stage.assigned({ autoOffsetReset })
      assert.equal(await consumer.position({ topic: 't', partition: 0 }), offset)
    }
    // Records of the fake are from 1970: none is an hour old.
    const late = await stage.assigned({ autoOffsetReset: 'by_duration:PT1H' })
    assert.equal(await late.position({ topic: 't', partition: 0 }), 3)
    const all = await stage.assigned({ autoOffsetReset: 'by_duration:P30000D' })
    assert.equal(await all.position({ topic: 't', partition: 0 }), 0)
    const none = await stage.assigned({ autoOffsetReset: 'none' })
    const failing = stage.fake.poll(none, 1000)
    await assert.rejects(failing, /auto\.offset\.reset is none/)
    assert.throws(() => stage.fake.consumer({ autoOffsetReset: 'by_duration:soon' }), /ISO 8601 duration/)
    assert.throws(() => stage.fake.consumer({ autoOffsetReset: 'by_duration:-PT1H' }), /at least zero/)
  },
  isolationLevel: async (stage) => {
    assert.equal((await firstFetch(stage, { isolationLevel: 'read_committed' }))?.isolationLevel, 1)
  },
  partitionAssignmentStrategy: async (stage) => {
    const sent = await join(stage, { partitionAssignmentStrategy: ['round-robin'] })
    assert.deepEqual(
      sent?.protocols.map(({ name }) => name),
      ['roundrobin'],
    )
  },
  sessionTimeoutMs: async (stage) => {
    assert.equal((await join(stage, { sessionTimeoutMs: 7000 }))?.sessionTimeoutMs, 7000)
  },
  heartbeatIntervalMs: async (stage) => {
    const consumer = await stage.subscribed({ heartbeatIntervalMs: 200 })
    await stage.fake.poll(consumer, 300)
    const before = stage.fake.cluster.of(heartbeat).length
    await stage.fake.cluster.clock.advance(1000)
    assert.equal(stage.fake.cluster.of(heartbeat).length - before, 5)
  },
  maxPollIntervalMs: async (stage) => {
    assert.equal((await join(stage, { maxPollIntervalMs: 9000 }))?.rebalanceTimeoutMs, 9000)
    await stage.fake.cluster.clock.advance(9500)
    assert.equal(stage.fake.cluster.of(leaveGroup).length, 1)
  },
  maxPollRecords: async (stage) => {
    const consumer = await stage.assigned({ maxPollRecords: 2 })
    assert.deepEqual([await stage.fake.poll(consumer, 10), await stage.fake.poll(consumer, 10)], [['a0', 'a1'], ['a2']])
  },
  fetchMinBytes: async (stage) => {
    assert.equal((await firstFetch(stage, { fetchMinBytes: 77 }))?.minBytes, 77)
  },
  fetchMaxWaitMs: async (stage) => {
    assert.equal((await firstFetch(stage, { fetchMaxWaitMs: 1234 }))?.maxWaitMs, 1234)
  },
  fetchMaxBytes: async (stage) => {
    assert.equal((await firstFetch(stage, { fetchMaxBytes: 4321 }))?.maxBytes, 4321)
  },
  maxPartitionFetchBytes: async (stage) => {
    const sent = await firstFetch(stage, { maxPartitionFetchBytes: 99 })
    assert.equal(sent?.topics[0]?.partitions[0]?.partitionMaxBytes, 99)
  },
  checkCrcs: async (stage) => {
    stage.fake.at(0).answer = ({ fetchOffset }) => {
      const records = stage.fake.batches(stage.fake.at(0).records.slice(fetchOffset), fetchOffset)
      if (records.length > 0) records[records.length - 2] = (records[records.length - 2] ?? 0) ^ 1
      return records.length === 0 ? {} : { records }
    }
    assert.equal((await stage.fake.poll(await stage.assigned({ checkCrcs: false }), 10)).length, 3)
    await assert.rejects(stage.fake.poll(await stage.assigned(), 10), CorruptBatchError)
  },
  allowAutoCreateTopics: async (stage) => {
    await stage.assigned({ allowAutoCreateTopics: false })
    assert.equal(stage.fake.cluster.of(metadata).at(-1)?.allowAutoTopicCreation, false)
    await stage.assigned()
    assert.equal(stage.fake.cluster.of(metadata).at(-1)?.allowAutoTopicCreation, true)
  },
  excludeInternalTopics: async (stage) => {
    stage.fake.isInternal = true
    for (const excludeInternalTopics of [true, false]) {
      const consumer = stage.fake.consumer({ groupId: 'g', excludeInternalTopics })
      await consumer.subscribe(/./)
      assert.deepEqual(consumer.subscription(), excludeInternalTopics ? [] : ['t'])
      await consumer.close()
    }
  },
  defaultApiTimeoutMs: async (stage) => {
    stage.fake.cluster.on(offsetFetch, () => ({ groups: [{ groupId: 'g', errorCode: 14, topics: [] }] }))
    const consumer = await stage.assigned({ groupId: 'g', defaultApiTimeoutMs: 3000 })
    const asking = assert.rejects(
      consumer.committed([{ topic: 't', partition: 0 }]),
      (error) => error instanceof TimeoutError && error.cause instanceof BrokerError && /3000 ms/.test(error.message),
    )
    await stage.fake.cluster.clock.advance(3001)
    await asking
  },
  clientRack: async () => {
    assert.deepEqual([await sourcesFor('near'), await sourcesFor('')], [[2], [1]])
    assert.deepEqual([await shareFor('near'), await shareFor('')], [[1], [0]])
  },
} satisfies Record<keyof ConsumerConfig, (stage: Stage) => Promise<void>>

describe('the consumer’s keys', () => {
  for (const [key, effect] of Object.entries(effects)) {
    it(key, async () => {
      const stage = new Stage()
      await effect(stage)
      await stage.close()
    })
  }
})
