import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCodes, offsetCommit, offsetDelete } from '@odradek/protocol'
import { AggregateKafkaError, BrokerError, ConfigError } from '../../src/index.ts'
import { startAdmin } from './support.ts'

const offsets = [
  { topic: 't', partition: 0, offset: 5, metadata: 'by hand' },
  { topic: 't', partition: 1, offset: 7 },
  { topic: 'u', partition: 0, offset: 0 },
]

function committed(errorOf: (topic: string, partition: number) => number) {
  return ({ topics }: { topics: readonly { name: string; partitions: readonly { partitionIndex: number }[] }[] }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorOf(name, partitionIndex) })),
    })),
  })
}

test('offsets are set as by nobody, and those refused for now once more', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  let attempts = 0
  cluster.on(
    offsetCommit,
    committed((topic) => (topic === 'u' && attempts++ === 0 ? ErrorCodes.NOT_COORDINATOR : ErrorCodes.NONE)),
  )
  await admin.settled(admin.client.alterGroupOffsets('g', offsets))
  const [first, second] = cluster.of(offsetCommit)
  assert.deepEqual([first?.generationIdOrMemberEpoch, first?.memberId, first?.groupInstanceId], [-1, '', null])
  assert.deepEqual(
    first?.topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ committedOffset, committedMetadata }) => [committedOffset, committedMetadata]),
    ]),
    [
      [
        't',
        [
          [5, 'by hand'],
          [7, ''],
        ],
      ],
      ['u', [[0, '']]],
    ],
  )
  assert.deepEqual(
    second?.topics.map(({ name }) => name),
    ['u'],
  )
  assert.equal(cluster.of(offsetCommit).length, 2)
})

test('an offset that is none is refused before any is set', async () => {
  await using admin = startAdmin()
  const wrong = [...offsets, { topic: 't', partition: 2, offset: Number.NaN }]
  assert.ok((await admin.failed(admin.client.alterGroupOffsets('g', wrong))) instanceof ConfigError)
  assert.equal(admin.cluster.requests.length, 0)
})

test('a group with members says so, and each partition that fails has its own error', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  cluster.on(
    offsetCommit,
    committed(() => ErrorCodes.UNKNOWN_MEMBER_ID),
  )
  const one = await admin.failed(admin.client.alterGroupOffsets('g', offsets.slice(0, 1)))
  assert.ok(one instanceof BrokerError && one.code === 'UNKNOWN_MEMBER_ID')
  assert.match(one.message, /the group has members; stop them first/)
  cluster.on(
    offsetCommit,
    committed((topic) => (topic === 'u' ? ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION : ErrorCodes.NONE)),
  )
  const some = await admin.failed(admin.client.alterGroupOffsets('g', offsets))
  assert.ok(some instanceof AggregateKafkaError)
  assert.deepEqual(
    some.failures.map(({ resource, error }) => [resource, error.code]),
    [['u-0', 'UNKNOWN_TOPIC_OR_PARTITION']],
  )
})

test('offsets are deleted; the error of a group is that of each partition', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  cluster.on(offsetDelete, (request) => ({ errorCode: 0, ...committed(() => ErrorCodes.NONE)(request) }))
  await admin.settled(admin.client.deleteGroupOffsets('g', offsets))
  assert.deepEqual(
    cluster.of(offsetDelete).flatMap(({ topics }) => topics.map(({ name, partitions }) => [name, partitions.length])),
    [
      ['t', 2],
      ['u', 1],
    ],
  )
  cluster.on(offsetDelete, () => ({ throttleTimeMs: 0, errorCode: ErrorCodes.GROUP_ID_NOT_FOUND, topics: [] }))
  const error = await admin.failed(admin.client.deleteGroupOffsets('g', offsets.slice(0, 1)))
  assert.ok(error instanceof BrokerError && error.code === 'GROUP_ID_NOT_FOUND')
})
