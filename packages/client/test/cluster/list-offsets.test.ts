import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOffsets } from '@odradek/protocol'
import { Kafka } from '../../src/index.ts'
import { FakeCluster } from '../support/fake-cluster.ts'

test('the look-up of offsets asks for metadata again when the leader is a node that is not there', async () => {
  const cluster = new FakeCluster([1])
  cluster.topics.set('t', [2])
  cluster.on(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, timestamp: -1, offset: 7 })),
    })),
  }))
  const { bootstrapServers, runtime } = cluster
  const kafka = new Kafka({ bootstrapServers, runtime })
  const found = kafka.admin().listOffsets([{ topic: 't', partition: 0, at: 'latest' }])
  found.catch(() => undefined)
  await cluster.clock.advance(1000)
  // Node 2 has stopped, and now the others have taken over.
  cluster.topics.set('t', [1])
  await cluster.clock.advance(2000)
  assert.equal((await found)[0]?.offset, 7)
  await kafka.close()
})
