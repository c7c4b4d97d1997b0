import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  ErrorCodes,
  fetch,
  heartbeat,
  joinGroup,
  leaveGroup,
  listOffsets,
  offsetCommit,
  syncGroup,
} from '@odradek/protocol'
import type { ConsumerRecord } from '../../src/index.ts'
import { BrokerError, ConfigError, Kafka, KafkaError, StateError, string } from '../../src/index.ts'
import { FakeLog as Log } from '../support/fake-log.ts'

const byText = (left: string | null, right: string | null): number => (left ?? '').localeCompare(right ?? '')
const values = (records: readonly ConsumerRecord<string, string>[]): (string | null)[] => records.map(({ value }) => value)

describe('consumer in a group', () => {
  it('joins, reads from the committed offset or the reset, commits and leaves', async () => {
    const log = new Log(['a0', 'a1'], ['b0', 'b1', 'b2'])
    log.group.committed.set(1, 2)
    const consumer = log.consumer({ enableAutoCommit: false })
    const assigned: string[] = []
    await consumer.subscribe(['t'], { onAssigned: (list) => void assigned.push(...list.map(({ partition }) => `${partition}`)) })
    const read = [...(await log.poll(consumer)), ...(await log.poll(consumer))]
    assert.deepEqual(values(read).sort(byText), ['a0', 'a1', 'b2'])
    assert.deepEqual(assigned, ['0', '1'])
    assert.equal(consumer.currentLag({ topic: 't', partition: 0 }), 0)
    await consumer.commitSync()
    assert.deepEqual(
      [...log.group.committed].sort(([left], [right]) => left - right),
      [
        [0, 2],
        [1, 3],
      ],
    )
    const { generationIdOrMemberEpoch, memberId } = log.cluster.of(offsetCommit)[0] ?? {}
    assert.deepEqual([generationIdOrMemberEpoch, memberId], [1, 'm1'])
    await consumer.close()
    assert.equal(log.cluster.of(leaveGroup)[0]?.members[0]?.memberId, 'm1')
  })

  it('auto-commits what earlier polls returned, never what is still to come', async () => {
    const log = new Log(['a0', 'a1', 'a2', 'a3'])
    const consumer = log.consumer({ maxPollRecords: 2, autoCommitIntervalMs: 100 })
    await consumer.subscribe(['t'])
    assert.deepEqual(values(await log.poll(consumer)), ['a0', 'a1'])
    assert.equal(log.group.committed.size, 0)
    assert.deepEqual(values(await log.poll(consumer)), ['a2', 'a3'])
    assert.equal(log.group.committed.get(0), 2)
    await consumer.close()
    assert.equal(log.group.committed.get(0), 4)
  })

  it('a process that was stopped for a session hands nothing over until its membership is confirmed', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer({ sessionTimeoutMs: 10_000 })
    const lost: number[] = []
    await consumer.subscribe(['t'], { onLost: (list) => void lost.push(...list.map(({ partition }) => partition)) })
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    log.partitions[0]?.push('a1')
    // It is fetched already.
    await log.cluster.clock.advance(1000)
    log.cluster.clock.sleep(20_000)
    assert.deepEqual(await consumer.poll(0), [])
    assert.deepEqual(values(await log.poll(consumer)), ['a1'])
    log.partitions[0]?.push('a2')
    await log.cluster.clock.advance(1000)
    log.cluster.clock.sleep(20_000)
    log.group.heartbeats.push(ErrorCodes.UNKNOWN_MEMBER_ID)
    assert.deepEqual(await consumer.poll(0), [])
    assert.deepEqual(lost, [])
    await log.poll(consumer)
    assert.deepEqual(lost, [0])
    await consumer.close()
  })

  it('a rebalance revokes inside poll, with a last commit before it', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer({ autoCommitIntervalMs: 1_000_000 })
    const events: string[] = []
    await consumer.subscribe(['t'], {
      onAssigned: () => void events.push('assigned'),
      onRevoked: () => void events.push(`revoked, committed ${log.group.committed.get(0)}`),
      onLost: () => void events.push('lost'),
    })
    await log.poll(consumer)
    log.group.heartbeats.push(ErrorCodes.REBALANCE_IN_PROGRESS)
    await log.cluster.clock.advance(3100)
    assert.deepEqual(events, ['assigned'])
    await log.poll(consumer)
    assert.deepEqual(events, ['assigned', 'revoked, committed 1', 'assigned'])
    log.group.heartbeats.push(ErrorCodes.UNKNOWN_MEMBER_ID)
    await log.cluster.clock.advance(3100)
    await log.poll(consumer)
    assert.deepEqual(events.slice(3), ['lost', 'assigned'])
    await consumer.close()
  })

  it('hands over nothing of a partition that it has lost, though it was fetched', async () => {
    const log = new Log(['a0', 'a1', 'a2'])
    const consumer = log.consumer({ maxPollRecords: 1 })
    await consumer.subscribe(['t'])
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    log.cluster.on(syncGroup, () => ({ errorCode: 0, assignment: Buffer.alloc(0) }))
    log.group.heartbeats.push(ErrorCodes.REBALANCE_IN_PROGRESS)
    await log.cluster.clock.advance(3100)
    assert.deepEqual(values(await log.poll(consumer)), [])
    assert.deepEqual(consumer.assignment(), [])
    assert.equal(log.group.committed.get(0), 1)
    await consumer.close()
  })

  it('beats in the background while the application is busy, and is out after max.poll.interval.ms', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer({ maxPollIntervalMs: 10_000, enableAutoCommit: false })
    await consumer.subscribe(['t'])
    await log.poll(consumer)
    await log.cluster.clock.advance(9000)
    assert.ok(log.cluster.of(heartbeat).length >= 2)
    assert.equal(log.cluster.of(leaveGroup).length, 0)
    await log.cluster.clock.advance(2000)
    assert.equal(log.cluster.of(leaveGroup).length, 1)
    const error = await consumer.commitSync().catch((reason: unknown) => reason)
    assert.ok(error instanceof BrokerError && /max\.poll\.interval\.ms/.test(error.message))
    await log.poll(consumer)
    assert.equal(consumer.assignment().length, 1)
    await consumer.close()
  })

  it('speaks the consumer protocol of Java', async () => {
    const log = new Log(['a0'], [])
    const consumer = log.consumer()
    await consumer.subscribe(['t'])
    await log.poll(consumer)
    const [, join] = log.cluster.of(joinGroup)
    assert.deepEqual(
      join?.protocols.map(({ name }) => name),
      ['range', 'cooperative-sticky'],
    )
    assert.deepEqual(consumerProtocolSubscription.decode(join?.protocols[0]?.metadata ?? Buffer.alloc(0)).topics, ['t'])
    const assignment = log.cluster.of(syncGroup)[0]?.assignments[0]?.assignment ?? Buffer.alloc(0)
    assert.deepEqual(consumerProtocolAssignment.decode(assignment).assignedPartitions, [{ topic: 't', partitions: [0, 1] }])
    await consumer.close()
  })

  it('the leader has the group share out again when a topic has grown', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer({ metadataMaxAgeMs: 1000 })
    await consumer.subscribe(['t'])
    await log.poll(consumer)
    log.partitions.push(['b0'])
    log.cluster.topics.set('t', [1, 1])
    await log.poll(consumer, 2000)
    const read = await log.poll(consumer, 2000)
    assert.equal(consumer.assignment().length, 2)
    assert.ok([...values(read)].includes('b0') || (await consumer.position({ topic: 't', partition: 1 })) === 1)
    await consumer.close()
  })

  it('an error that joining again would not mend is thrown by poll', async () => {
    const log = new Log(['a0'])
    log.cluster.on(joinGroup, () => ({
      errorCode: ErrorCodes.GROUP_AUTHORIZATION_FAILED,
      protocolName: null,
      leader: '',
      memberId: '',
      members: [],
    }))
    const consumer = log.consumer()
    await consumer.subscribe(['t'])
    const error = await log.poll(consumer).catch((reason: unknown) => reason)
    assert.ok(error instanceof BrokerError && error.code === 'GROUP_AUTHORIZATION_FAILED' && error.fatal)
    await consumer.close()
  })
})

describe('consumer with partitions taken by hand', () => {
  const place = { topic: 't', partition: 0 }

  it('needs no group, and seeks', async () => {
    const log = new Log(['a0', 'a1', 'a2'])
    const { bootstrapServers, runtime } = log.cluster
    const consumer = new Kafka({ bootstrapServers, runtime }).consumer({ value: string, key: string, autoOffsetReset: 'earliest' })
    await consumer.assign([place])
    assert.deepEqual(values(await log.poll(consumer)), ['a0', 'a1', 'a2'])
    consumer.seek({ ...place, offset: 1 })
    assert.deepEqual(values(await log.poll(consumer)), ['a1', 'a2'])
    consumer.seekToBeginning()
    assert.deepEqual(values(await log.poll(consumer)), ['a0', 'a1', 'a2'])
    consumer.seekToEnd([place])
    assert.deepEqual(values(await log.poll(consumer)), [])
    assert.equal(await consumer.position(place), 3)
    assert.deepEqual(await consumer.endOffsets([place]), [{ ...place, offset: 3 }])
    for (const call of [() => consumer.commitSync(), () => consumer.commitAsync(), () => consumer.committed([place])])
      assert.ok((await call().catch((error: unknown) => error)) instanceof ConfigError)
    assert.throws(() => consumer.seek({ topic: 't', partition: 9, offset: 0 }), StateError)
    await consumer.close()
  })

  it('drops what was fetched when it seeks', async () => {
    const log = new Log(['a0', 'a1', 'a2'])
    const consumer = log.consumer({ maxPollRecords: 1 })
    await consumer.assign([place])
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    consumer.seek({ ...place, offset: 2 })
    assert.deepEqual(values(await log.poll(consumer)), ['a2'])
    await consumer.close()
  })

  it('hands over nothing of a paused partition', async () => {
    const log = new Log(['a0'], ['b0'])
    const consumer = log.consumer()
    await consumer.assign([place, { topic: 't', partition: 1 }])
    consumer.pause([place])
    assert.deepEqual(values(await log.poll(consumer)), ['b0'])
    assert.deepEqual(consumer.paused(), [place])
    consumer.resume([place])
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    await consumer.close()
  })

  it('hands over nothing of a partition that is paused when its records are there already', async () => {
    const log = new Log(['a0', 'a1', 'a2'])
    const consumer = log.consumer({ maxPollRecords: 1 })
    await consumer.assign([place])
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    consumer.pause([place])
    assert.deepEqual(values(await log.poll(consumer)), [])
    consumer.resume([place])
    assert.deepEqual(values(await log.poll(consumer)), ['a1'])
    await consumer.close()
  })

  it('asks for committed records alone under read_committed, and for the end of those', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer({ isolationLevel: 'read_committed' })
    await consumer.assign([place])
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    assert.equal(log.cluster.of(fetch)[0]?.isolationLevel, 1)
    assert.equal(log.cluster.of(listOffsets)[0]?.isolationLevel, 1)
    await consumer.close()
  })

  it('goes to the new leader when the old one says that it leads no more', async () => {
    const log = new Log(['a0'])
    log.cluster.nodes.push(2)
    log.cluster.on(fetch, ({ topics }) => ({
      throttleTimeMs: 0,
      responses: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition: partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER,
          highWatermark: -1,
          abortedTransactions: null,
          records: null,
        })),
      })),
    }))
    const consumer = log.consumer()
    await consumer.assign([place])
    await log.poll(consumer)
    log.cluster.topics.set('t', [2])
    await log.poll(consumer, 3000)
    assert.ok(log.cluster.requests.some(({ api, node }) => api.key === fetch.key && node === 2))
    await consumer.close()
  })

  it('an older commit that has to be tried again does not overwrite a newer one', async () => {
    const log = new Log(['a0', 'a1'])
    const consumer = log.consumer({ enableAutoCommit: false })
    await consumer.assign([place])
    const written: number[] = []
    log.cluster.on(offsetCommit, ({ topics }) => {
      const isFirst = log.cluster.of(offsetCommit).length === 1
      return {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, committedOffset }) => {
            if (!isFirst) written.push(committedOffset)
            return { partitionIndex, errorCode: isFirst ? ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS : 0 }
          }),
        })),
      }
    })
    const commits = [consumer.commitSync([{ ...place, offset: 1 }]), consumer.commitAsync([{ ...place, offset: 2 }])]
    await log.cluster.clock.advance(5000)
    await Promise.all(commits)
    assert.deepEqual(written, [1, 2])
    await consumer.close()
  })

  it('goes where auto.offset.reset says when the offset is out of range, or says that it is', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer()
    await consumer.assign([place])
    consumer.seek({ ...place, offset: 50 })
    assert.deepEqual(values(await log.poll(consumer)), ['a0'])
    await consumer.close()
    const later = log.consumer({ autoOffsetReset: 'latest' })
    await later.assign([place])
    later.seek({ ...place, offset: 50 })
    assert.deepEqual(values(await log.poll(later)), [])
    assert.equal(await later.position(place), 1)
    await later.close()
    const strict = log.consumer({ autoOffsetReset: 'none' })
    await strict.assign([place])
    strict.seek({ ...place, offset: 50 })
    const error = await log.poll(strict).catch((reason: unknown) => reason)
    assert.ok(error instanceof KafkaError && error.code === 'NO_OFFSET')
    await strict.close()
  })

  it('a waiting poll resolves as soon as records come, and at once on wakeup and close', async () => {
    const log = new Log([])
    const consumer = log.consumer()
    await consumer.assign([place])
    const first = consumer.poll(60_000)
    await log.cluster.clock.advance(100)
    log.partitions[0]?.push('late')
    await log.cluster.clock.advance(600)
    assert.deepEqual(values(await first), ['late'])
    const second = consumer.poll(60_000)
    await log.cluster.clock.advance(10)
    await assert.rejects(consumer.poll(1), StateError)
    consumer.wakeup()
    assert.deepEqual(await second, [])
    const third = consumer.poll(60_000)
    await log.cluster.clock.advance(10)
    await consumer.close()
    assert.deepEqual(await third, [])
    await assert.rejects(consumer.poll(), /closed/)
  })

  it('polls that may not wait let the rest of the process run', async () => {
    const log = new Log(['a0'])
    const consumer = log.consumer()
    await consumer.assign([place])
    const read: ConsumerRecord<string, string>[] = []
    for (let turn = 0; turn < 1000 && read.length === 0; turn++) {
      read.push(...(await consumer.poll(0)))
      log.cluster.clock.sleep(1)
    }
    assert.deepEqual(values(read), ['a0'])
    await consumer.close()
  })

  it('what is collected is returned: a consumer that is closed while a poll waits its turn commits nothing of it', async () => {
    const log = new Log(['a0', 'a1'])
    const consumer = log.consumer({ maxPollRecords: 1 })
    await consumer.assign([place])
    await log.poll(consumer)
    // The next record is there.
    const polled = consumer.poll(100)
    const closed = consumer.close()
    await log.cluster.clock.advance(200)
    await closed
    assert.deepEqual([values(await polled), log.group.committed.get(0)], [[], 1])
  })

  it('refuses to wait for what is no time', async () => {
    const log = new Log([])
    const consumer = log.consumer()
    await consumer.assign([place])
    for (const timeout of [Number.NaN, -1, 'abc', null, {}])
      await assert.rejects(
        consumer.poll(timeout as number),
        (error) => error instanceof ConfigError && /cannot wait for/.test(error.message),
      )
    assert.deepEqual(values(await log.poll(consumer, 0)), [])
    await consumer.close()
  })

  it('iterates over records until it is closed', async () => {
    const log = new Log(['a0', 'a1', 'a2'])
    const consumer = log.consumer({ maxPollRecords: 1 })
    await consumer.assign([place])
    const seen: (string | null)[] = []
    const done = (async () => {
      for await (const record of consumer) {
        seen.push(record.value)
        if (seen.length === 3) break
      }
    })()
    await log.cluster.clock.advance(100)
    await done
    assert.deepEqual(seen, ['a0', 'a1', 'a2'])
    await consumer.close()
  })

  it('a partition at its end does not hold up the others', async () => {
    const log = new Log(
      Array.from({ length: 50 }, (_, index) => `a${index}`),
      ['b0'],
    )
    const consumer = log.consumer({ maxPollRecords: 10 })
    await consumer.assign([place, { topic: 't', partition: 1 }])
    let read = 0
    for (let i = 0; i < 8 && read < 51; i++) read += (await log.poll(consumer, 20)).length
    assert.equal(read, 51)
    const waits = log.cluster.of(fetch).map(({ maxWaitMs }) => maxWaitMs)
    assert.ok(waits.includes(500))
    await consumer.close()
  })
})
