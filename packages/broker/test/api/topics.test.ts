import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPartitions, createTopics, deleteTopics, describeTopicPartitions, ErrorCodes, metadata, zeroUuid } from '@odradek/protocol'
import { batchOf, valuesOf } from '../support/batches.ts'
import { withBroker } from '../support/broker.ts'
import { createTopic, fetchFrom, one, send, topicId } from '../support/requests.ts'

test('creating: defaults, what comes back, and what is only validated', async () => {
  await withBroker({ config: { 'num.partitions': '3' } }, async ({ client }) => {
    const topic = {
      name: 'orders',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [],
      configs: [{ name: 'retention.ms', value: '1000' }],
    }
    const validated = one((await client.request(createTopics, 7, { topics: [topic], validateOnly: true })).topics)
    assert.deepEqual([validated.errorCode, validated.topicId, validated.numPartitions], [ErrorCodes.NONE, zeroUuid, 3])
    const created = one((await client.request(createTopics, 7, { topics: [topic], validateOnly: false })).topics)
    assert.equal(created.errorCode, ErrorCodes.NONE)
    assert.notEqual(created.topicId, zeroUuid)
    assert.deepEqual([created.numPartitions, created.replicationFactor], [3, 1])
    assert.equal(created.configs?.find(({ name }) => name === 'retention.ms')?.value, '1000')
    assert.equal(await topicId(client, 'orders'), created.topicId)
    const both = await client.request(createTopics, 7, {
      topics: [
        { ...topic, name: 'a' },
        { ...topic, name: 'a' },
      ],
    })
    assert.equal(one(both.topics).errorCode, ErrorCodes.INVALID_REQUEST)
  })
})

test('a topic that is created again is another one, and empty', async () => {
  await withBroker({ topics: { orders: { partitions: 2 } } }, async ({ client }) => {
    await send(client, 'orders', batchOf(['old']))
    const before = await topicId(client, 'orders')
    const gone = one((await client.request(deleteTopics, 6, { topics: [{ name: null, topicId: before }], timeoutMs: 1000 })).responses)
    assert.deepEqual([gone.errorCode, gone.name, gone.topicId], [ErrorCodes.NONE, 'orders', before])
    assert.equal((await fetchFrom(client, 'orders', 0)).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    const { topicId: after } = await createTopic(client, 'orders')
    assert.notEqual(after, before)
    assert.equal((await send(client, 'orders', batchOf(['new']))).baseOffset, 0)
    assert.deepEqual(valuesOf((await fetchFrom(client, 'orders', 0)).records), ['new'])
  })
})

test('deleting: by name in old versions, and what is refused', async () => {
  await withBroker({ topics: { one: {}, two: {} } }, async ({ client }) => {
    const old = await client.request(deleteTopics, 3, { topicNames: ['one', 'no-such-topic'], timeoutMs: 1000 })
    assert.deepEqual(
      old.responses.map(({ errorCode }) => errorCode),
      [ErrorCodes.NONE, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION],
    )
    const errorOf = async (name: string | null, id: string): Promise<number> =>
      one((await client.request(deleteTopics, 6, { topics: [{ name, topicId: id }], timeoutMs: 1000 })).responses).errorCode
    assert.equal(await errorOf(null, 'JrkWPuNxTMSE2FvKwZxbEw'), ErrorCodes.UNKNOWN_TOPIC_ID)
    assert.equal(await errorOf('two', 'JrkWPuNxTMSE2FvKwZxbEw'), ErrorCodes.INVALID_REQUEST)
    assert.equal(await errorOf(null, zeroUuid), ErrorCodes.INVALID_REQUEST)
  })
  await withBroker({ topics: { kept: {} }, config: { 'delete.topic.enable': 'false' } }, async ({ client }) => {
    const { responses } = await client.request(deleteTopics, 6, { topics: [{ name: 'kept', topicId: zeroUuid }], timeoutMs: 1000 })
    assert.equal(one(responses).errorCode, ErrorCodes.TOPIC_DELETION_DISABLED)
    assert.notEqual(await topicId(client, 'kept'), zeroUuid)
  })
})

test('growing', async () => {
  await withBroker({ topics: { orders: {} } }, async ({ client }) => {
    const grow = async (count: number, validateOnly: boolean): Promise<number> =>
      one(
        (
          await client.request(createPartitions, 3, {
            topics: [{ name: 'orders', count, assignments: null }],
            timeoutMs: 1000,
            validateOnly,
          })
        ).results,
      ).errorCode
    assert.equal(await grow(3, true), ErrorCodes.NONE)
    assert.equal((await send(client, 'orders', batchOf(['x']), 2)).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal(await grow(3, false), ErrorCodes.NONE)
    assert.equal((await send(client, 'orders', batchOf(['x']), 2)).errorCode, ErrorCodes.NONE)
    assert.equal(await grow(2, false), ErrorCodes.INVALID_PARTITIONS)
  })
})

test('metadata: all topics, none, unknown ones, and those that are created by asking', async () => {
  await withBroker({ topics: { one: {}, two: { partitions: 2 } } }, async ({ client, broker }) => {
    const namesOf = async (topics: { name: string }[] | null, version: number): Promise<(string | null)[]> => {
      const answer = await client.request(metadata, version, version < 4 ? { topics } : { topics, allowAutoTopicCreation: false })
      assert.equal(one(answer.brokers).nodeId, broker.nodeId)
      return answer.topics.map(({ name }) => name).sort((left, right) => String(left).localeCompare(String(right)))
    }
    for (let version = 1; version <= 13; version++) {
      assert.deepEqual(await namesOf(null, version), ['one', 'two'])
      assert.deepEqual(await namesOf([], version), [])
    }
    assert.deepEqual(await namesOf([], 0), ['one', 'two'])
    const ask = async (name: string, allowAutoTopicCreation: boolean): Promise<number> =>
      one((await client.request(metadata, 12, { topics: [{ name }], allowAutoTopicCreation })).topics).errorCode
    assert.equal(await ask('three', false), ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
    assert.equal(await ask('three', true), ErrorCodes.NONE)
    assert.equal(await ask('a b', true), ErrorCodes.INVALID_TOPIC_EXCEPTION)
    const id = await topicId(client, 'two')
    const byId = one((await client.request(metadata, 12, { topics: [{ name: null, topicId: id }] })).topics)
    assert.deepEqual([byId.name, byId.partitions.length], ['two', 2])
    const unknown = one((await client.request(metadata, 12, { topics: [{ name: null, topicId: 'JrkWPuNxTMSE2FvKwZxbEw' }] })).topics)
    assert.equal(unknown.errorCode, ErrorCodes.UNKNOWN_TOPIC_ID)
  })
  await withBroker({ config: { 'auto.create.topics.enable': 'false' } }, async ({ client }) => {
    const { topics } = await client.request(metadata, 12, { topics: [{ name: 'x' }], allowAutoTopicCreation: true })
    assert.equal(one(topics).errorCode, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  })
})

test('many clients that ask for the same new topic get the same one', async () => {
  await withBroker({}, async ({ connect }) => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => connect()))
    const answers = await Promise.all(
      clients.map((client) => client.request(metadata, 12, { topics: [{ name: 'fresh' }], allowAutoTopicCreation: true })),
    )
    assert.equal(new Set(answers.map(({ topics }) => one(topics).topicId)).size, 1)
    assert.ok(answers.every(({ topics }) => one(topics).errorCode === ErrorCodes.NONE))
  })
})

test('topics page by page', async () => {
  await withBroker({ topics: { a: { partitions: 3 }, b: { partitions: 2 }, c: {} } }, async ({ client }) => {
    const seen: string[] = []
    let cursor: { topicName: string; partitionIndex: number } | null = null
    let pages = 0
    do {
      const page: Awaited<ReturnType<typeof ask>> = await ask(cursor)
      for (const { name, partitions } of page.topics) seen.push(...partitions.map(({ partitionIndex }) => `${name}-${partitionIndex}`))
      cursor = page.nextCursor
      pages++
    } while (cursor !== null)
    assert.deepEqual(seen, ['a-0', 'a-1', 'a-2', 'b-0', 'b-1', 'c-0'])
    assert.equal(pages, 3)

    function ask(from: { topicName: string; partitionIndex: number } | null) {
      return client.request(describeTopicPartitions, 0, { topics: [], responsePartitionLimit: 2, cursor: from })
    }
  })
})

test('max.request.partition.size.limit bounds the page that a client may ask for', async () => {
  const config = { 'max.request.partition.size.limit': '2' }
  await withBroker({ config, topics: { orders: { partitions: 3 } } }, async ({ client }) => {
    const request = { topics: [], responsePartitionLimit: 100, cursor: null }
    const { topics, nextCursor } = await client.request(describeTopicPartitions, 0, request)
    assert.equal(one(topics).partitions.length, 2)
    assert.equal(nextCursor?.partitionIndex, 2)
  })
})
