import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, fetch, listOffsets, offsetForLeaderEpoch } from '@odradek/protocol'
import { BrokerError, CorruptBatchError, LogTruncationError } from '../../src/index.ts'
import { FakePartitions } from '../support/fake-partitions.ts'

const place = { topic: 't', partition: 0 }
const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

describe('fetch sessions in use', () => {
  it('asks for all, then for what has changed, by topic id; the session ends with the consumer', async () => {
    const fake = new FakePartitions(2)
    fake.at(0).write('a', 'b')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['a', 'b'])
    await fake.poll(consumer, 1600)
    const [full, after, idle, later] = fake.fetches
    assert.deepEqual([full?.sessionId, full?.sessionEpoch, full?.topics[0]?.partitions.length], [0, 0, 2])
    assert.deepEqual([full?.topics[0]?.topic, full?.topics[0]?.topicId], ['', fake.topicId])
    assert.ok((after?.sessionEpoch ?? 0) === 1 && after?.sessionId === 1)
    assert.deepEqual([idle?.topics, idle?.forgottenTopicsData, later?.sessionEpoch], [[], [], 3])
    fake.at(1).write('c')
    assert.deepEqual(await fake.poll(consumer, 1000), ['c'])
    assert.equal(fake.sessions.size, 1)
    await consumer.close()
    assert.equal(fake.sessions.size, 0)
  })

  it('fetches nothing more while it closes', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('a')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['a'])
    fake.sessionEndMs = 700
    const closing = consumer.close()
    await fake.cluster.clock.advance(10)
    const asked = fake.fetches.length
    assert.equal(fake.fetches.at(-1)?.sessionEpoch, -1)
    // The fetch that was under way is answered before the end of the session is.
    await fake.cluster.clock.advance(1000)
    await closing
    assert.equal(fake.fetches.length, asked)
    assert.equal(fake.sessions.size, 0)
  })

  it('forgets partitions that are paused, and takes them up again', async () => {
    const fake = new FakePartitions(2)
    fake.at(1).write('b')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['b'])
    consumer.pause([place])
    await fake.poll(consumer, 1200)
    assert.ok(fake.fetches.some(({ forgottenTopicsData }) => forgottenTopicsData[0]?.partitions[0] === 0))
    fake.at(0).write('a')
    assert.deepEqual(await fake.poll(consumer, 1200), [])
    consumer.resume([place])
    assert.deepEqual(await fake.poll(consumer, 1200), ['a'])
    await consumer.close()
  })

  it('begins a session anew at once when the broker has lost it or counts otherwise', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('a')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['a'])
    fake.sessions.clear()
    fake.at(0).write('b')
    assert.deepEqual(await fake.poll(consumer, 600), ['b'])
    const before = fake.fetches.length
    for (const session of fake.sessions.values()) session.epoch += 5
    fake.at(0).write('c')
    assert.deepEqual(await fake.poll(consumer, 600), ['c'])
    const restart = fake.fetches.slice(before).find(({ sessionEpoch }) => sessionEpoch === 0)
    // The session that the broker still has is named, so that it is replaced.
    assert.equal(restart?.sessionId, 2)
    await consumer.close()
  })

  it('names topics where they have no id, or the broker knows none', async () => {
    const fake = new FakePartitions(1)
    fake.topicId = zeroId
    fake.at(0).write('a')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['a'])
    const [first] = fake.cluster.requests.filter(({ api }) => api.key === fetch.key)
    assert.deepEqual([first?.version, fake.fetches[0]?.topics[0]?.topic], [12, 't'])
    await consumer.close()
  })

  it('goes on with a topic that was made anew under its new id', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('a')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['a'])
    const old = fake.topicId
    fake.topicId = 'uuuuuuuuuuuuuuuuuuuuuA'
    fake.at(0).records.length = 0
    fake.at(0).answer = () => ({ errorCode: ErrorCodes.UNKNOWN_TOPIC_ID })
    await fake.poll(consumer, 600)
    fake.at(0).answer = undefined
    fake.at(0).write('anew')
    assert.deepEqual(await fake.poll(consumer, 2000), [])
    fake.at(0).write('more')
    assert.deepEqual(await fake.poll(consumer, 2000), ['more'])
    assert.ok(fake.fetches.some(({ forgottenTopicsData }) => forgottenTopicsData[0]?.topicId === old))
    await consumer.close()
  })
})

describe('the leader, and who reads in its place', () => {
  it('follows the hint of a broker that leads no more, without asking for metadata first', async () => {
    const fake = new FakePartitions(1, [1, 2])
    fake.at(0).write('a')
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 10), ['a'])
    Object.assign(fake.at(0), { leader: 2, leaderEpoch: 1 })
    fake.at(0).answer = (_, { node }) =>
      node === 1 ? { errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER, currentLeader: { leaderId: 2, leaderEpoch: 1 } } : undefined
    fake.at(0).write('b')
    await fake.cluster.clock.advance(501)
    const metadataBefore = fake.cluster.requests.filter(({ api }) => api.name === 'Metadata').length
    assert.deepEqual(await fake.poll(consumer, 20), ['b'])
    assert.equal(fake.cluster.requests.filter(({ api }) => api.name === 'Metadata').length, metadataBefore)
    assert.equal(fake.fetches.at(-1)?.topics[0]?.partitions[0]?.currentLeaderEpoch, 1)
    await consumer.close()
  })

  it('reads from the replica that the leader names, until metadata.max.age.ms is over or it fails', async () => {
    const fake = new FakePartitions(1, [1, 2])
    const nodes = (): number[] => fake.cluster.requests.filter(({ api }) => api.key === fetch.key).map(({ node }) => node)
    fake.at(0).answer = ({ fetchOffset }, { node }) => {
      const rest = fake.at(0).records.slice(fetchOffset)
      if (node === 1) return { preferredReadReplica: 2 }
      return rest.length === 0 ? {} : { records: fake.batches(rest, fetchOffset) }
    }
    fake.at(0).write('a')
    const consumer = await fake.assigned({ clientRack: 'here', metadataMaxAgeMs: 10_000 })
    assert.deepEqual(await fake.poll(consumer, 10), ['a'])
    assert.equal(fake.fetches[0]?.rackId, 'here')
    assert.deepEqual(nodes().slice(0, 2), [1, 2])
    await fake.poll(consumer, 5000)
    assert.ok(
      nodes()
        .slice(1)
        .every((node) => node === 2),
    )
    await fake.poll(consumer, 6000)
    assert.ok(nodes().slice(2).includes(1), 'the leader is asked again')
    // Ahead of the replica: its leader decides, and no reset takes place.
    fake.at(0).answer = (_, { node }) => (node === 2 ? { errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE } : undefined)
    fake.at(0).write('b')
    const looksBefore = fake.cluster.of(listOffsets).length
    assert.deepEqual(await fake.poll(consumer, 1000), ['b'])
    assert.equal(fake.cluster.of(listOffsets).length, looksBefore)
    assert.equal(nodes().at(-1), 1)
    await consumer.close()
  })

  it('goes back to the leader when the replica cannot be reached', async () => {
    const fake = new FakePartitions(1, [1, 2])
    fake.at(0).answer = (_, { node }) => (node === 1 && fake.fetches.length === 1 ? { preferredReadReplica: 2 } : undefined)
    fake.at(0).write('a')
    fake.cluster.nodes.splice(1, 1)
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer, 3000), ['a'])
    await consumer.close()
  })
})

describe('truncation', () => {
  /** A consumer that has read three records of epoch 0 and two of epoch 1, before leader 2 takes over in epoch 2. */
  async function overtaken(autoOffsetReset: 'earliest' | 'none') {
    const fake = new FakePartitions(1, [1, 2])
    const partition = fake.at(0).write('0', '1', '2')
    partition.leaderEpoch = 1
    partition.write('3', '4')
    const consumer = await fake.assigned({ autoOffsetReset, metadataMaxAgeMs: 1000 })
    consumer.seek({ ...place, offset: 0 })
    assert.deepEqual(await fake.poll(consumer, 10), ['0', '1', '2', '3', '4'])
    assert.equal(fake.cluster.of(offsetForLeaderEpoch).length, 0)
    Object.assign(partition, { leader: 2, leaderEpoch: 2 })
    return { fake, partition, consumer }
  }

  it('a new leader that has the position is read from', async () => {
    const { fake, partition, consumer } = await overtaken('none')
    partition.write('5')
    assert.deepEqual(await fake.poll(consumer, 2000), ['5'])
    const [asked] = fake.cluster.of(offsetForLeaderEpoch)
    assert.deepEqual(asked?.topics[0]?.partitions, [{ partition: 0, currentLeaderEpoch: 2, leaderEpoch: 1 }])
    assert.equal(fake.cluster.of(offsetForLeaderEpoch).length, 1)
    await consumer.close()
  })

  it('one that has not: on from where the logs part', async () => {
    const { fake, partition, consumer } = await overtaken('earliest')
    partition.records.length = 4
    partition.write('four anew', '5', '6')
    assert.deepEqual(await fake.poll(consumer, 2000), ['four anew', '5', '6'])
    await consumer.close()
  })

  it('… or, without a reset policy, an error that names the place', async () => {
    const { fake, partition, consumer } = await overtaken('none')
    partition.records.length = 4
    partition.write('four anew', '5', '6')
    const error = await fake.poll(consumer, 2000).catch((reason: unknown) => reason)
    assert.ok(error instanceof LogTruncationError, String(error))
    assert.deepEqual([error.code, error.offset, error.divergentOffset], ['LOG_TRUNCATION', 5, 4])
    consumer.seek({ ...place, offset: 4 })
    assert.deepEqual(await fake.poll(consumer, 2000), ['four anew', '5', '6'])
    await consumer.close()
  })

  it('where the leader knows nothing of the epoch, the reset policy decides', async () => {
    const { fake, partition, consumer } = await overtaken('earliest')
    partition.records.length = 0
    partition.write('0', '1', '2', '3', '4', '5')
    assert.deepEqual(await fake.poll(consumer, 2000), ['0', '1', '2', '3', '4', '5'])
    await consumer.close()
  })

  it('drops what was fetched ahead and is not in the new log', async () => {
    const fake = new FakePartitions(1, [1, 2])
    const partition = fake.at(0).write('0', '1', '2', '3')
    const consumer = await fake.assigned({ maxPollRecords: 1, autoOffsetReset: 'none', metadataMaxAgeMs: 1000 })
    consumer.seek({ ...place, offset: 0 })
    assert.deepEqual(await fake.poll(consumer, 10), ['0'])
    Object.assign(partition, { leader: 2, leaderEpoch: 2 })
    partition.records.length = 2
    partition.write('two anew')
    await fake.cluster.clock.advance(2000)
    const read: (string | null)[] = []
    for (let i = 0; i < 4; i++) read.push(...(await fake.poll(consumer, 1000)))
    assert.deepEqual(read, ['1', 'two anew'])
    await consumer.close()
  })

  it('checks a position that is sought with an epoch, and a leader that is not ready is asked again', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('0', '1')
    fake.at(0).leaderEpoch = 3
    fake.at(0).write('2')
    let refusals = 2
    fake.cluster.on(offsetForLeaderEpoch, ({ topics }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) =>
          refusals-- > 0
            ? { errorCode: ErrorCodes.UNKNOWN_LEADER_EPOCH, partition }
            : { errorCode: 0, partition, leaderEpoch: 0, endOffset: 2 },
        ),
      })),
    }))
    const consumer = await fake.assigned()
    consumer.seek({ ...place, offset: 5, leaderEpoch: 0, metadata: 'kept with the commit' })
    assert.deepEqual(await fake.poll(consumer, 3000), ['2'])
    assert.equal(fake.cluster.of(offsetForLeaderEpoch).length, 3)
    await consumer.close()
  })

  it('an error that asking again would not mend is thrown by poll', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('0')
    fake.cluster.on(offsetForLeaderEpoch, () => ({
      throttleTimeMs: 0,
      topics: [{ topic: 't', partitions: [{ errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED, partition: 0 }] }],
    }))
    const consumer = await fake.assigned()
    consumer.seek({ ...place, offset: 1, leaderEpoch: 0 })
    const error = await fake.poll(consumer, 1000).catch((reason: unknown) => reason)
    assert.ok(error instanceof BrokerError && error.code === 'TOPIC_AUTHORIZATION_FAILED')
    await consumer.close()
  })
})

describe('limits', () => {
  it('what is buffered counts towards fetch.max.bytes', async () => {
    const fake = new FakePartitions(2)
    fake.batchSize = 2
    for (const partition of fake.partitions) partition.write('x'.repeat(1000), 'x'.repeat(1000), 'x'.repeat(1000), 'x'.repeat(1000))
    const consumer = await fake.assigned({ fetchMaxBytes: 5000, maxPollRecords: 3 })
    for (let left = 8, read = 0; read < 8 && left > 0; left--) read += (await fake.poll(consumer, 10)).length
    const limits = fake.fetches.map(({ maxBytes }) => maxBytes)
    assert.equal(limits[0], 5000)
    assert.ok(
      limits.some((limit) => limit > 0 && limit < 5000),
      limits.join(),
    )
    await consumer.close()
  })

  it('a batch that is corrupt is named again and again, and skipped by a seek', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('a', 'b', 'c')
    fake.at(0).answer = ({ fetchOffset }) => {
      if (fetchOffset !== 0) return undefined
      const records = fake.batches(fake.at(0).records.slice(0, 2), 0)
      records[records.length - 3] = (records[records.length - 3] ?? 0) ^ 1
      return { records }
    }
    const consumer = await fake.assigned()
    for (let i = 0; i < 2; i++) {
      const error = await fake.poll(consumer, 10).catch((reason: unknown) => reason)
      assert.ok(error instanceof CorruptBatchError, String(error))
      assert.match(error.message, /t-0 from offset 0.*checksum of the batch at offset 0/)
      assert.deepEqual([error.topic, error.partition, error.offset, error.nextOffset], ['t', 0, 0, 2])
      if (i === 1) consumer.seek({ ...place, offset: error.nextOffset })
    }
    assert.deepEqual(await fake.poll(consumer, 10), ['c'])
    await consumer.close()
  })

  it('a pause between two chunks of a partition loses neither', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('a0', 'a1', 'a2', 'a3')
    fake.batchSize = 2
    const consumer = await fake.assigned({ maxPollRecords: 1 })
    // With its batch begun, the next chunk is fetched: two are there.
    assert.deepEqual(await fake.poll(consumer), ['a0'])
    consumer.pause([place])
    assert.deepEqual(await fake.poll(consumer), [])
    consumer.resume([place])
    const values = [await fake.poll(consumer), await fake.poll(consumer), await fake.poll(consumer)].flat()
    assert.deepEqual(values, ['a1', 'a2', 'a3'])
    await consumer.close()
  })

  it('records before a corrupt batch are handed over first', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('a0', 'a1')
    fake.at(0).leaderEpoch = 1
    fake.at(0).write('b0')
    fake.at(0).answer = (asked) => {
      if (asked.fetchOffset !== 0) return undefined
      const records = fake.batches(fake.at(0).records, 0)
      const last = records.length - 1
      records[last] = (records[last] ?? 0) ^ 1
      return { records }
    }
    const consumer = await fake.assigned()
    assert.deepEqual(await fake.poll(consumer), ['a0', 'a1'])
    const error = await fake.poll(consumer).catch((reason: unknown) => reason)
    assert.ok(error instanceof CorruptBatchError, String(error))
    await consumer.close()
  })
})
