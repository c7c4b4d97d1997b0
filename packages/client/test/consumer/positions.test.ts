import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ListOffsetsRequest } from '@odradek/protocol'
import { ErrorCodes, fetch, findCoordinator, listOffsets, metadata, offsetFetch } from '@odradek/protocol'
import type { Consumer, ConsumerOptions, ConsumerRecord } from '../../src/index.ts'
import { BrokerError, KafkaError, TimeoutError } from '../../src/index.ts'
import { hangUp, noAnswer } from '../support/fake-cluster.ts'
import { FakeLog } from '../support/fake-log.ts'

const place = (partition: number, topic = 't') => ({ topic, partition })
const values = (records: readonly ConsumerRecord<string, string>[]): string[] => records.map(({ value }) => String(value)).sort()

const ascending = (left: number, right: number): number => left - right

/** What several polls return together; their errors are noted. */
async function pollFor(log: FakeLog, consumer: Consumer<string, string>, polls: number, errors: string[] = []): Promise<string[]> {
  const records: ConsumerRecord<string, string>[] = []
  for (let poll = 0; poll < polls; poll++) {
    try {
      records.push(...(await log.poll(consumer)))
    } catch (error) {
      errors.push(String(error))
    }
  }
  return values(records)
}

/** Which partitions were asked for. */
const asked = ({ topics }: ListOffsetsRequest): number[] =>
  topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex))

/** Leaders answer for these partitions with an error. */
function refuse(log: FakeLog, errorCode: number, refused: readonly number[]): void {
  log.cluster.on(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: refused.includes(partitionIndex) ? errorCode : 0,
        timestamp: -1,
        offset: 0,
      })),
    })),
  }))
}

describe('the look-up of positions', () => {
  for (const how of ['subscribe', 'assign'] as const) {
    it(`a partition without a leader holds up no other (${how})`, async () => {
      const log = new FakeLog(['a0'], ['b0'], ['c0'])
      log.cluster.topics.set('t', [1, -1, 1])
      const consumer = log.consumer({ enableAutoCommit: false })
      if (how === 'subscribe') await consumer.subscribe(['t'])
      else await consumer.assign([place(0), place(1), place(2)])
      assert.deepEqual(await pollFor(log, consumer, 4), ['a0', 'c0'])
      log.cluster.topics.set('t', [1, 1, 1])
      assert.deepEqual(await pollFor(log, consumer, 4), ['b0'])
      // That nothing is committed need not be asked again.
      assert.equal(log.cluster.of(offsetFetch).length, 1)
      await consumer.close()
    })
  }

  it('nor does a topic that does not exist, or one that an error concerns', async () => {
    const log = new FakeLog(['a0'], ['b0'])
    refuse(log, ErrorCodes.TOPIC_AUTHORIZATION_FAILED, [1])
    const consumer = log.consumer({ enableAutoCommit: false, groupId: undefined })
    await consumer.assign([place(0), place(1), place(0, 'nope')])
    const errors: string[] = []
    assert.deepEqual(await pollFor(log, consumer, 6, errors), ['a0'])
    assert.ok(errors.length > 0)
    for (const error of errors) assert.match(error, /Offsets of t-1: .*TOPIC_AUTHORIZATION_FAILED/)
    await consumer.close()
  })

  it('nor does a leader that keeps silent, even for what is assigned later', async () => {
    const log = new FakeLog(['a0'], ['b0'], ['c0'])
    log.cluster.nodes.push(2)
    log.cluster.topics.set('t', [1, 2, 1])
    log.cluster.on(listOffsets, ({ topics }, { node }) =>
      node === 2
        ? noAnswer
        : {
            topics: topics.map(({ name, partitions }) => ({
              name,
              partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, timestamp: -1, offset: 0 })),
            })),
          },
    )
    const consumer = log.consumer({ enableAutoCommit: false })
    await consumer.assign([place(0), place(1)])
    assert.deepEqual(await pollFor(log, consumer, 2), ['a0'])
    await consumer.assign([place(0), place(1), place(2)])
    assert.deepEqual(await pollFor(log, consumer, 2), ['c0'])
    assert.deepEqual(log.cluster.of(listOffsets).flatMap(asked).sort(ascending), [0, 1, 2])
    await consumer.close()
  })

  it('nor does a partition whose committed offset is not certain yet', async () => {
    const log = new FakeLog(['a0'], ['b0', 'b1'])
    let isOpen = true
    log.cluster.on(offsetFetch, ({ groups }) => ({
      groups: groups.map(({ groupId, topics }) => ({
        groupId,
        topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            committedOffset: partitionIndex === 1 && !isOpen ? 1 : -1,
            metadata: '',
            errorCode: partitionIndex === 1 && isOpen ? ErrorCodes.UNSTABLE_OFFSET_COMMIT : 0,
          })),
        })),
      })),
    }))
    const consumer = log.consumer({ enableAutoCommit: false })
    await consumer.assign([place(0), place(1)])
    assert.deepEqual(values(await log.poll(consumer, 50)), ['a0'])
    isOpen = false
    assert.deepEqual(await pollFor(log, consumer, 4), ['b1'])
    await consumer.close()
  })

  it('pauses longer and longer, up to retry.backoff.max.ms', async () => {
    const log = new FakeLog(['a0'])
    refuse(log, ErrorCodes.NOT_LEADER_OR_FOLLOWER, [0])
    const consumer = log.consumer({ enableAutoCommit: false })
    await consumer.assign([place(0)])
    await pollFor(log, consumer, 40)
    const attempts = log.cluster.of(listOffsets).length
    assert.ok(attempts >= 18 && attempts <= 30, `${attempts} in 20 s`)
    await consumer.close()
  })

  it('asks another coordinator when the one that it knows hangs up', async () => {
    const log = new FakeLog(['a0', 'a1'])
    log.group.committed.set(0, 1)
    log.cluster.nodes.push(2)
    log.cluster.on(findCoordinator, ({ coordinatorKeys }) => {
      const nodeId = log.cluster.of(findCoordinator).length > 1 ? 1 : 2
      return {
        coordinators: coordinatorKeys.map((key) => ({ key, nodeId, host: 'fake', port: 9000 + nodeId, errorCode: 0, errorMessage: null })),
      }
    })
    log.cluster.on(offsetFetch, ({ groups }, { node }) =>
      node === 2
        ? hangUp
        : {
            groups: groups.map(({ groupId, topics }) => ({
              groupId,
              topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
                name,
                partitions: partitionIndexes.map((partitionIndex) => ({
                  partitionIndex,
                  committedOffset: log.group.committed.get(partitionIndex) ?? -1,
                  metadata: '',
                  errorCode: 0,
                })),
              })),
            })),
          },
    )
    const consumer = log.consumer({ enableAutoCommit: false })
    await consumer.assign([place(0)])
    assert.deepEqual(await pollFor(log, consumer, 4), ['a1'])
    await consumer.close()
  })

  it('the answer for one end does not count when the other has been sought meanwhile', async () => {
    const log = new FakeLog(['a0', 'a1'])
    const consumer = log.consumer({ autoOffsetReset: 'latest', enableAutoCommit: false, groupId: undefined })
    let answer = (): void => undefined
    log.cluster.on(listOffsets, async ({ topics }) => {
      if (log.cluster.of(listOffsets).length === 1) await new Promise<void>((resolve) => void (answer = resolve))
      return {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, timestamp }) => ({
            partitionIndex,
            errorCode: 0,
            timestamp: -1,
            offset: timestamp === -2 ? 0 : 2,
          })),
        })),
      }
    })
    await consumer.assign([place(0)])
    await log.poll(consumer)
    consumer.seekToBeginning()
    answer()
    assert.deepEqual(await pollFor(log, consumer, 2), ['a0', 'a1'])
    await consumer.close()
  })
})

describe('a position that cannot be found', () => {
  const lookUp = async (log: FakeLog, partition: { topic: string; partition: number }, options: ConsumerOptions<string, string> = {}) => {
    const consumer = log.consumer({ enableAutoCommit: false, groupId: undefined, defaultApiTimeoutMs: 3000, ...options })
    await consumer.assign([partition])
    const asking = consumer.position(partition).catch((reason: unknown) => reason)
    await log.cluster.clock.advance(3001)
    const error = await asking
    await consumer.close()
    assert.ok(error instanceof KafkaError, String(error))
    return error
  }

  it('is named with what is missing: a leader, a topic, an answer', async () => {
    const log = new FakeLog(['a0'], ['b0'])
    log.cluster.topics.set('t', [1, -1])
    const prefix = (name: string): string => `No position of ${name} within default\\.api\\.timeout\\.ms \\(3000 ms\\): `
    const leaderless = await lookUp(log, place(1))
    assert.ok(leaderless instanceof TimeoutError && leaderless.cause instanceof BrokerError)
    assert.match(leaderless.message, new RegExp(`^${prefix('t-1')}t-1: .*LEADER_NOT_AVAILABLE`))
    const unknown = await lookUp(log, place(0, 'nope'))
    assert.match(unknown.message, new RegExp(`^${prefix('nope-0')}Topic 'nope': .*UNKNOWN_TOPIC_OR_PARTITION`))
    log.cluster.on(listOffsets, () => noAnswer)
    const silent = await lookUp(log, place(0))
    assert.match(silent.message, new RegExp(`^${prefix('t-0')}nobody has answered`))
  })

  it('is not waited for when waiting does not help', async () => {
    const log = new FakeLog(['a0'])
    const beyond = await lookUp(log, place(9))
    assert.deepEqual([beyond.code, beyond.message.includes('there is no partition 9')], ['UNKNOWN_TOPIC_OR_PARTITION', true])
    const none = await lookUp(log, place(0), { autoOffsetReset: 'none' })
    assert.equal(none.code, 'NO_OFFSET')
    log.cluster.on(metadata, (request) => ({
      ...log.cluster.describe(request),
      topics: [{ errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED, name: 't', partitions: [] }],
    }))
    const forbidden = await lookUp(log, place(0))
    assert.equal(forbidden.code, 'TOPIC_AUTHORIZATION_FAILED')
  })

  it('is warned of once when polls have waited for default.api.timeout.ms', async () => {
    const log = new FakeLog(['a0'], ['b0'])
    log.cluster.topics.set('t', [1, -1])
    const warnings: string[] = []
    const logger = { warn: (line: string) => void warnings.push(line) }
    const consumer = log.consumer({ enableAutoCommit: false, defaultApiTimeoutMs: 3000, logger })
    await consumer.assign([place(0), place(1)])
    assert.deepEqual(await pollFor(log, consumer, 20), ['a0'])
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /^Nothing is read from t-1: no position after \d+ ms: t-1: .*LEADER_NOT_AVAILABLE/)
    assert.ok(log.cluster.of(fetch).length > 0)
    await consumer.close()
  })
})
