import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteRecords, describeProducers, ErrorCodes, writeTxnMarkers } from '@odradek/protocol'
import { AggregateKafkaError, BrokerError } from '../../src/index.ts'
import { hangUp } from '../support/fake-cluster.ts'
import { startAdmin } from './support.ts'

test('records are deleted by the leader of each partition, and by the next one where it has moved', async () => {
  await using admin = startAdmin([1, 2])
  const { cluster } = admin
  cluster.topics.set('t', [1, 2])
  cluster.on(deleteRecords, ({ topics }, { node }) => {
    cluster.topics.set('t', [1, 1])
    if (node === 2) return hangUp
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          lowWatermark: offset < 0 ? 9 : offset,
          errorCode: 0,
        })),
      })),
    }
  })
  const deletions = [
    { topic: 't', partition: 1, before: 'latest' },
    { topic: 't', partition: 0, before: 3 },
  ] as const
  assert.deepEqual(await admin.settled(admin.client.deleteRecords(deletions)), [
    { topic: 't', partition: 1, startOffset: 9 },
    { topic: 't', partition: 0, startOffset: 3 },
  ])
  // What node 1 has done is not asked for again.
  const asked = cluster
    .of(deleteRecords)
    .flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex)))
  assert.deepEqual(
    asked.toSorted((left, right) => left - right),
    [0, 1, 1],
  )
})

test('a partition that does not exist does not keep the others from being asked', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  cluster.topics.set('t', [1])
  cluster.on(deleteRecords, () => ({
    throttleTimeMs: 0,
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, lowWatermark: -1, errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE }] }],
  }))
  const deletions = [0, 7].map((partition) => ({ topic: 't', partition, before: 99 }))
  const error = await admin.failed(admin.client.deleteRecords(deletions))
  assert.ok(error instanceof AggregateKafkaError)
  assert.deepEqual(
    error.failures.map(({ resource, error: { code } }) => [resource, code]),
    [
      ['t-0', 'OFFSET_OUT_OF_RANGE'],
      ['t-7', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ],
  )
})

test('producers are described with their open transactions', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  cluster.topics.set('t', [1])
  const producer = { producerId: 7, producerEpoch: 2, lastSequence: 4, lastTimestamp: 1_700_000_000_000, coordinatorEpoch: -1 }
  cluster.on(describeProducers, () => ({
    throttleTimeMs: 0,
    topics: [
      { name: 't', partitions: [{ partitionIndex: 0, errorCode: 0, activeProducers: [{ ...producer, currentTxnStartOffset: 40 }] }] },
    ],
  }))
  assert.deepEqual(await admin.settled(admin.client.describeProducers([{ topic: 't', partition: 0 }])), [
    { topic: 't', partition: 0, producers: [{ ...producer, transactionStartOffset: 40 }] },
  ])
})

test('a transaction is aborted by a marker, again where the leader has moved, and not where it is fenced', async () => {
  await using admin = startAdmin()
  const { cluster } = admin
  cluster.topics.set('t', [1])
  const answers: number[] = [ErrorCodes.NOT_LEADER_OR_FOLLOWER, ErrorCodes.NONE, ErrorCodes.INVALID_PRODUCER_EPOCH]
  cluster.on(writeTxnMarkers, ({ markers }) => ({
    markers: markers.map(({ producerId }) => ({
      producerId,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: answers.shift() ?? ErrorCodes.UNKNOWN_SERVER_ERROR }] }],
    })),
  }))
  const transaction = { topic: 't', partition: 0, producerId: 7, producerEpoch: 2, coordinatorEpoch: -1 }
  await admin.settled(admin.client.abortTransaction(transaction))
  const marker = cluster.of(writeTxnMarkers).at(-1)?.markers[0]
  assert.deepEqual(
    [marker?.producerId, marker?.producerEpoch, marker?.coordinatorEpoch, marker?.transactionResult, marker?.topics],
    [7, 2, 0, false, [{ name: 't', partitionIndexes: [0] }]],
  )
  const error = await admin.failed(admin.client.abortTransaction(transaction))
  assert.ok(error instanceof BrokerError && error.code === 'INVALID_PRODUCER_EPOCH')
  assert.equal(answers.length, 0)
})
