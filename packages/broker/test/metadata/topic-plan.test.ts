import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import { BrokerConfig } from '../../src/config/broker-config.ts'
import { ClusterImage } from '../../src/metadata/cluster-image.ts'
import type { TopicSpec } from '../../src/metadata/topic-plan.ts'
import { MetadataError, planGrowth, planTopic, spread, topicRecords } from '../../src/metadata/topic-plan.ts'

const context = { config: new BrokerConfig(new Map([['num.partitions', '4']])), nodeIds: [1, 2, 3], liveNodeIds: [1, 2, 3] }

function spec(fields: Partial<TopicSpec>): TopicSpec {
  return { name: 'orders', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
}

function imageWith(...names: readonly string[]): ClusterImage {
  const image = new ClusterImage()
  for (const [index, name] of names.entries()) {
    for (const record of topicRecords(name, `id-${index}`, [[1]], new Map(), [1])) image.apply(record)
  }
  return image
}

function codeOf(run: () => unknown): number {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof MetadataError, String(error))
    return error.errorCode
  }
  assert.fail('accepted')
}

test('what is not said comes from the configuration', () => {
  const { assignment, configs } = planTopic(spec({ configs: [{ name: 'retention.ms', value: '5' }] }), imageWith(), context)
  assert.deepEqual(assignment, [[1], [2], [3], [1]])
  assert.deepEqual([...configs], [['retention.ms', '5']])
  assert.deepEqual(spread(2, 2, 2, context), [
    [3, 1],
    [1, 2],
  ])
})

test("topics that cannot be, with Kafka's error codes", () => {
  const code = (fields: Partial<TopicSpec>, image = imageWith()): number => codeOf(() => planTopic(spec(fields), image, context))
  for (const name of ['', '.', '..', 'a b', 'ä', 'x'.repeat(250), '__cluster_metadata'])
    assert.equal(code({ name }), ErrorCodes.INVALID_TOPIC_EXCEPTION)
  assert.equal(code({}, imageWith('orders')), ErrorCodes.TOPIC_ALREADY_EXISTS)
  assert.equal(code({ name: 'a.b' }, imageWith('a_b')), ErrorCodes.INVALID_TOPIC_EXCEPTION)
  assert.equal(code({ numPartitions: 0 }), ErrorCodes.INVALID_PARTITIONS)
  assert.equal(code({ numPartitions: -2 }), ErrorCodes.INVALID_PARTITIONS)
  assert.equal(code({ numPartitions: 10_001 }), ErrorCodes.POLICY_VIOLATION)
  assert.equal(code({ replicationFactor: 0 }), ErrorCodes.INVALID_REPLICATION_FACTOR)
  assert.equal(code({ replicationFactor: 4 }), ErrorCodes.INVALID_REPLICATION_FACTOR)
  assert.equal(code({ configs: [{ name: 'retention.ms', value: null }] }), ErrorCodes.INVALID_CONFIG)
  assert.equal(code({ configs: [{ name: 'no.such.key', value: '1' }] }), ErrorCodes.INVALID_CONFIG)
})

test('manual assignments: complete, of known nodes, all of one size', () => {
  const assign = (...replicas: readonly (readonly number[])[]): TopicSpec['assignments'] =>
    replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  const code = (fields: Partial<TopicSpec>): number => codeOf(() => planTopic(spec(fields), imageWith(), context))
  assert.deepEqual(planTopic(spec({ assignments: assign([2, 1], [3, 2]) }), imageWith(), context).assignment, [
    [2, 1],
    [3, 2],
  ])
  assert.equal(code({ assignments: assign([1]), numPartitions: 1 }), ErrorCodes.INVALID_REQUEST)
  assert.equal(code({ assignments: assign([1]), replicationFactor: 1 }), ErrorCodes.INVALID_REQUEST)
  for (const bad of [assign([1, 1]), assign([9]), assign([]), assign([1], [1, 2]), [{ partitionIndex: 1, brokerIds: [1] }]]) {
    assert.equal(code({ assignments: bad }), ErrorCodes.INVALID_REPLICA_ASSIGNMENT)
  }
  const twice = [...assign([1]), ...assign([2])]
  assert.equal(code({ assignments: twice }), ErrorCodes.INVALID_REPLICA_ASSIGNMENT)
})

test('growing: only upwards, with as many assignments as partitions', () => {
  const topic = imageWith('orders').topic('orders')
  assert.ok(topic !== undefined)
  const added = planGrowth(topic, 3, [], context)
  assert.deepEqual(
    added.map(({ partition, replicas }) => [partition, replicas]),
    [
      [1, [2]],
      [2, [3]],
    ],
  )
  assert.equal(
    codeOf(() => planGrowth(topic, 1, [], context)),
    ErrorCodes.INVALID_PARTITIONS,
  )
  assert.equal(
    codeOf(() => planGrowth(topic, 0, [], context)),
    ErrorCodes.INVALID_PARTITIONS,
  )
  assert.equal(
    codeOf(() => planGrowth(topic, 3, [[1]], context)),
    ErrorCodes.INVALID_REPLICA_ASSIGNMENT,
  )
  assert.equal(
    codeOf(() => planGrowth(topic, 2, [[1, 2]], context)),
    ErrorCodes.INVALID_REPLICA_ASSIGNMENT,
  )
})

test('the image: topics, settings and what was removed', () => {
  const image = imageWith('a.b')
  image.apply({ type: 'config', resourceType: 2, resourceName: 'a.b', name: 'retention.ms', value: '1' })
  assert.equal(image.topic('a.b')?.configs.get('retention.ms'), '1')
  assert.equal(image.collidingTopic('a_b'), 'a.b')
  image.apply({ type: 'config', resourceType: 2, resourceName: 'a.b', name: 'retention.ms', value: null })
  assert.equal(image.topic('a.b')?.configs.size, 0)
  image.apply({ type: 'remove-topic', topicId: 'id-0' })
  assert.equal(image.topic('a.b'), undefined)
  assert.equal(image.topicById('id-0'), undefined)
  assert.equal(image.collidingTopic('a_b'), undefined)
  assert.ok(image.wasRemoved('id-0'))
  assert.equal(image.partitionCount, 0)
})
