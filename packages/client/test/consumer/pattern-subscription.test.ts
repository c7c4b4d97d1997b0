import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ErrorCodes, fetch, listOffsets, offsetCommit } from '@odradek/protocol'
import type { Consumer } from '../../src/index.ts'
import { Kafka, string } from '../../src/index.ts'
import { FakeCluster, noAnswer } from '../support/fake-cluster.ts'
import { FakeGroup } from '../support/fake-group.ts'

/** A cluster whose topics are empty, and a consumer that asks for metadata every second. */
function onStage() {
  const cluster = new FakeCluster()
  const group = new FakeGroup(cluster)
  cluster.on(fetch, () => noAnswer)
  cluster.on(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, timestamp: -1, offset: 0 })),
    })),
  }))
  const { bootstrapServers, runtime } = cluster
  const consumer = new Kafka({ bootstrapServers, runtime }).consumer({ value: string, groupId: 'g', metadataMaxAgeMs: 1000 })
  return { cluster, group, consumer }
}

async function pollFor(cluster: FakeCluster, consumer: Consumer<Buffer, string>, totalMs: number): Promise<void> {
  for (let leftMs = totalMs; leftMs > 0; leftMs -= 500) {
    const polled = consumer.poll(500)
    await cluster.clock.advance(501)
    await polled
  }
}

const assigned = (consumer: Consumer<Buffer, string>): string[] => consumer.assignment().map(({ topic }) => topic)

it('topics that come and go change what a pattern means, until something else is subscribed to', async () => {
  const { cluster, consumer } = onStage()
  cluster.topics.set('t1', [1]).set('other', [1])
  await consumer.subscribe(/^t/)
  await pollFor(cluster, consumer, 500)
  assert.deepEqual([consumer.subscription(), assigned(consumer)], [['t1'], ['t1']])
  cluster.topics.set('t2', [1])
  await pollFor(cluster, consumer, 2500)
  assert.deepEqual(assigned(consumer), ['t1', 't2'])
  // A broker knows no topic of that name any more when the last commit comes.
  cluster.on(offsetCommit, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: cluster.topics.has(name) ? 0 : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    })),
  }))
  cluster.topics.delete('t1')
  await pollFor(cluster, consumer, 2500)
  assert.deepEqual(assigned(consumer), ['t2'])
  await consumer.subscribe(['other'])
  cluster.topics.set('t3', [1])
  await pollFor(cluster, consumer, 2500)
  assert.deepEqual([consumer.subscription(), assigned(consumer)], [['other'], ['other']])
  await consumer.close()
})

it('a pattern that matches nothing yet joins all the same, and waits', async () => {
  const { cluster, group, consumer } = onStage()
  await consumer.subscribe(/^t/)
  await pollFor(cluster, consumer, 500)
  assert.deepEqual([group.generation, assigned(consumer)], [1, []])
  assert.deepEqual(consumer.groupMetadata(), { groupId: 'g', generationId: 1, memberId: 'm1', groupInstanceId: null })
  cluster.topics.set('t1', [1])
  await pollFor(cluster, consumer, 2500)
  assert.deepEqual(assigned(consumer), ['t1'])
  await consumer.close()
})
