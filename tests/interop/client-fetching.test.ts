/** How our consumer fetches from Apache Kafka 4.3.1, three nodes in three racks: sessions, patterns, time, closest replica, truncation. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, ConsumerOptions, TopicPartition } from '@odradek/client'
import { Kafka, LogTruncationError, string } from '@odradek/client'
import { fetch } from '@odradek/protocol'
import { Connection } from '../golden/groups/lab.ts'
import type { KafkaServer } from './harness/kafka-server.ts'
import { startKafka } from './harness/kafka-server.ts'
import type { TappedRuntime } from './harness/tapped-runtime.ts'
import { createTappedRuntime } from './harness/tapped-runtime.ts'

let server: KafkaServer
let kafka: Kafka

before(async () => {
  server = await startKafka({
    nodes: 3,
    configs: {
      'broker.rack': 'rack-{node}',
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
      'unclean.leader.election.enable': 'true',
      'broker.session.timeout.ms': '2000',
      'broker.heartbeat.interval.ms': '500',
      'auto.create.topics.enable': 'false',
    },
  })
  kafka = new Kafka({ bootstrapServers: server.bootstrapServers })
})

after(async () => {
  await kafka.close()
  await server.stop()
})

const place = (topic: string, partition = 0): TopicPartition => ({ topic, partition })

async function write(topic: string, values: readonly string[], timestamp?: number): Promise<void> {
  const producer = kafka.producer({ value: string })
  await producer.sendBatch(values.map((value) => ({ topic, partition: 0, value, timestamp })))
  await producer.close()
}

async function read(consumer: Consumer<Buffer, string>, count: number): Promise<(string | null)[]> {
  const values: (string | null)[] = []
  for (let left = 60; values.length < count && left > 0; left--) for (const { value } of await consumer.poll(500)) values.push(value)
  assert.equal(values.length, count)
  return values
}

function consume(options: ConsumerOptions<Buffer, string>, tap?: TappedRuntime): Consumer<Buffer, string> {
  return kafka.consumer<Buffer, string>({ value: string, autoOffsetReset: 'earliest', ...options, ...(tap && { runtime: tap.runtime }) })
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let left = 600; !(await condition()); left--) {
    if (left === 0) throw new Error(`in vain: ${what}`)
    await sleep(50)
  }
}

function portOf(node: number): number {
  return Number(server.bootstrapServers.split(',')[node - 1]?.split(':')[1])
}

test('fetches in a session by topic id, and begins another when the broker has forgotten it or the topic is made anew', async () => {
  const tap = createTappedRuntime()
  const topic = 'sessions'
  await kafka.admin().createTopics([{ topic, assignments: [[1]] }])
  await write(topic, ['a', 'b'])
  const consumer = consume({}, tap)
  await consumer.assign([place(topic)])
  assert.deepEqual(await read(consumer, 2), ['a', 'b'])
  await until(async () => (await consumer.poll(100)).length === 0 && tap.fetches.length > 2, 'idle fetches')
  const [first, second, third] = tap.fetches.map(({ message }) => message)
  assert.ok(tap.fetches.every(({ version, message }) => version >= 13 && message.topics.every((each) => each.topic === '')))
  assert.deepEqual([first?.sessionId, first?.sessionEpoch, first?.topics.length], [0, 0, 1])
  assert.equal(second?.sessionEpoch, 1)
  assert.equal(third?.sessionEpoch, 2)
  // Nothing has changed since: the broker knows what is wanted.
  await until(async () => (await consumer.poll(100)).length === 0 && tap.fetches.at(-1)?.message.topics.length === 0, 'an empty request')
  const sessionId = second?.sessionId ?? 0
  assert.ok(sessionId > 0)
  const stranger = await Connection.open('127.0.0.1', portOf(1), 'stranger')
  await stranger.request(fetch, 16, { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch: -1, topics: [], forgottenTopicsData: [] })
  await stranger.close()
  await write(topic, ['c'])
  assert.deepEqual(await read(consumer, 1), ['c'])
  const hasBegunAgain = (): boolean =>
    tap.fetches.some(({ message }, index) => index > 0 && message.sessionId === 0 && message.sessionEpoch === 0)
  await until(async () => (await consumer.poll(100)).length === 0 && hasBegunAgain(), 'another session')

  await kafka.admin().deleteTopics([topic])
  await until(async () => (await kafka.admin().listTopics()).every((each) => each.topic !== topic), 'the end of the topic')
  await kafka.admin().createTopics([{ topic, assignments: [[1]] }])
  await write(topic, ['anew'])
  assert.deepEqual(await read(consumer, 1), ['anew'])
  await consumer.close()
  assert.equal(tap.fetches.at(-1)?.message.sessionEpoch, -1)
})

test('a topic that matches the pattern joins the subscription', async () => {
  const admin = kafka.admin()
  await admin.createTopics([
    { topic: 'pattern-one', assignments: [[1]] },
    { topic: 'other', assignments: [[1]] },
  ])
  const consumer = consume({ groupId: 'pattern', metadataMaxAgeMs: 300 })
  await consumer.subscribe(/^pattern-/)
  await write('pattern-one', ['1'])
  assert.deepEqual(await read(consumer, 1), ['1'])
  await admin.createTopics([{ topic: 'pattern-two', assignments: [[2]] }])
  await write('pattern-two', ['2'])
  assert.deepEqual(await read(consumer, 1), ['2'])
  assert.deepEqual(consumer.subscription(), ['pattern-one', 'pattern-two'])
  await admin.deleteTopics(['pattern-one'])
  await until(async () => {
    await consumer.poll(100)
    return consumer.assignment().length === 1
  }, 'the topic to leave the subscription')
  assert.deepEqual(consumer.subscription(), ['pattern-two'])
  await consumer.close()
})

test('seeks by time, and starts a duration ago', async () => {
  const topic = 'times'
  await kafka.admin().createTopics([{ topic, assignments: [[1]] }])
  const now = Date.now()
  for (const hoursAgo of [3, 2, 1]) await write(topic, [`${hoursAgo} hours ago`], now - hoursAgo * 3_600_000)
  const consumer = consume({})
  await consumer.assign([place(topic)])
  const [found] = await consumer.offsetsForTimes([{ ...place(topic), timestamp: now - 2.5 * 3_600_000 }])
  assert.deepEqual([found?.offset, found?.timestamp], [1, now - 2 * 3_600_000])
  assert.deepEqual(await consumer.offsetsForTimes([{ ...place(topic), timestamp: now + 3_600_000 }]), [])
  consumer.seek({ ...place(topic), offset: found?.offset ?? 0 })
  assert.deepEqual(await read(consumer, 2), ['2 hours ago', '1 hours ago'])
  await consumer.close()
  const recent = consume({ autoOffsetReset: 'by_duration:PT1H30M' })
  await recent.assign([place(topic)])
  assert.deepEqual(await read(recent, 1), ['1 hours ago'])
  await recent.close()
  const late = consume({ autoOffsetReset: 'by_duration:PT30M' })
  await late.assign([place(topic)])
  assert.equal(await late.position(place(topic)), 3)
  await late.close()
})

test('reads from the replica in its rack, and from the leader when that is gone', async () => {
  const topic = 'racks'
  await kafka.admin().createTopics([{ topic, assignments: [[1, 2]] }])
  const tap = createTappedRuntime()
  const consumer = consume({ clientRack: 'rack-2' }, tap)
  await consumer.assign([place(topic)])
  await write(topic, ['a', 'b'])
  assert.deepEqual(await read(consumer, 2), ['a', 'b'])
  await write(topic, ['c'])
  assert.deepEqual(await read(consumer, 1), ['c'])
  assert.equal(tap.fetches.at(-1)?.port, portOf(2))
  await server.stopNode(1)
  await write(topic, ['d'])
  assert.deepEqual(await read(consumer, 1), ['d'])
  assert.equal(tap.fetches.at(-1)?.port, portOf(1))
  await server.startNode(1)
  await consumer.close()
})

test('notices that an unclean election has cut the log: goes on from where it was cut, or says where', async () => {
  const topic = 'truncated'
  const admin = kafka.admin()
  await admin.createTopics([{ topic, assignments: [[3, 2]] }])
  await write(topic, ['0', '1', '2', '3', '4'])
  const describe = async () => (await admin.describeTopics([topic]))[0]?.partitions[0]
  await until(async () => (await describe())?.isr.length === 2, 'both in sync')
  await server.stopNode(1, 'SIGKILL')
  await until(async () => (await describe())?.isr.length === 1, 'the follower is out')
  await write(topic, ['5', '6', '7'])
  const consumers = [consume({}), consume({ autoOffsetReset: 'none' })] as const
  for (const consumer of consumers) {
    await consumer.assign([place(topic)])
    consumer.seek({ ...place(topic), offset: 0 })
    assert.deepEqual(await read(consumer, 8), ['0', '1', '2', '3', '4', '5', '6', '7'])
  }
  await server.stopNode(2, 'SIGKILL')
  await server.startNode(1)
  await until(async () => (await describe())?.leader === 2, 'an unclean election')
  await write(topic, ['five anew', '6', '7', '8', '9'])
  const [resetting, strict] = consumers
  assert.deepEqual(await read(resetting, 5), ['five anew', '6', '7', '8', '9'])
  let error: unknown
  for (let left = 60; error === undefined && left > 0; left--) await strict.poll(500).catch((reason: unknown) => (error = reason))
  assert.ok(error instanceof LogTruncationError, String(error))
  assert.deepEqual([error.topic, error.partition, error.offset, error.divergentOffset], [topic, 0, 8, 5])
  strict.seek({ ...place(topic), offset: error.divergentOffset ?? 0 })
  assert.deepEqual((await read(strict, 5))[0], 'five anew')
  for (const consumer of consumers) await consumer.close()
  await server.startNode(2)
})
