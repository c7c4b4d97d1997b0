import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecordBatchBuilder } from '@odradek/protocol'
import { Accumulator } from '../../src/producer/accumulator.ts'
import { ProducerBatch } from '../../src/producer/producer-batch.ts'
import { RestingSequences } from '../../src/producer/resting-sequences.ts'
import type { FakeCluster } from '../support/fake-cluster.ts'
import { startProducing } from '../support/producing.ts'
import type { SequencedLog } from '../support/sequenced-log.ts'
import { startInTransactions } from '../support/transactional-coordinator.ts'

const IDLE = { metadataMaxIdleMs: 5000, metadataMaxAgeMs: 1000, lingerMs: 0 }
const VALUES = ['a', 'b', 'c', 'd'] as const

/** Sends each value once the topic has been forgotten; returns what was acknowledged. */
async function sendAfterIdling(cluster: FakeCluster, send: (value: string) => Promise<{ offset: number }>): Promise<number[]> {
  const offsets: number[] = []
  for (const value of VALUES) {
    const sent = send(value)
    await cluster.clock.advance(100)
    offsets.push((await sent).offset)
    await cluster.clock.advance(10_000)
  }
  return offsets
}

/** Each record under a number of its own. */
function assertAllWritten(log: SequencedLog, epochs: readonly number[]): void {
  assert.deepEqual(log.values.get(0), [...VALUES])
  assert.deepEqual(
    log.received.map(({ producerEpoch, baseSequence }) => [producerEpoch, baseSequence]),
    VALUES.map((_, index) => [epochs[index], epochs[index] === 0 ? index : 0]),
  )
}

describe('a topic that nothing was sent to for metadata.max.idle.ms', () => {
  it('is forgotten with its metadata, but its sequences go on', async () => {
    const { cluster, log, producer } = startProducing(IDLE)
    log.knowsLast = true
    const offsets = await sendAfterIdling(cluster, (value) => producer.send({ topic: 't', value }))
    assert.deepEqual(offsets, [0, 1, 2, 3])
    assertAllWritten(log, [0, 0, 0, 0])
    await producer.close()
  })

  for (const protocol of [1, 2] as const) {
    it(`and so do they over transactions of one epoch, protocol ${protocol}`, async () => {
      const { cluster, log, producer } = startInTransactions({ protocol, transactionalId: 'orders', ...IDLE })
      log.knowsLast = true
      const initialised = producer.initTransactions()
      await cluster.clock.advance(100)
      await initialised
      const offsets = await sendAfterIdling(cluster, async (value) => {
        producer.beginTransaction()
        const sent = producer.send({ topic: 't', partition: 0, value })
        await producer.commitTransaction()
        return sent
      })
      assert.deepEqual(offsets, [0, 1, 2, 3])
      assertAllWritten(log, protocol === 1 ? [0, 0, 0, 0] : [0, 1, 2, 3])
      await producer.close()
    })
  }

  it('is not forgotten while records of it wait for a leader', async () => {
    const { cluster, log, producer } = startProducing(IDLE)
    cluster.topics.set('t', [9])
    const sent = producer.send({ topic: 't', value: 'a' })
    await cluster.clock.advance(20_000)
    cluster.topics.set('t', [1])
    await cluster.clock.advance(5000)
    assert.equal((await sent).offset, 0)
    assert.deepEqual(log.values.get(0), ['a'])
    await producer.close()
  })

  it('sends one batch alone, as at the very first: the broker may know nothing of the producer any more', () => {
    const accumulator = new Accumulator({ batchSizeBytes: 100, bufferMemoryBytes: 1000, nowMs: () => 0, onBatch: () => undefined })
    const send = (records: number): number => {
      const queue = accumulator.queue('t', 2)
      const batch = new ProducerBatch('t', 2, 0, 100, new RecordBatchBuilder(100))
      for (let index = 0; index < records; index++) batch.append(0, null, 'v')
      queue.waiting.push(batch)
      queue.take(0)
      assert.equal(queue.mustWaitForInFlight(0), true)
      accumulator.forget('t')
      assert.equal(accumulator.queue('t', 2), queue, 'a batch is under way')
      queue.landed(batch)
      queue.acknowledged(batch)
      accumulator.forget('t')
      return batch.baseSequence
    }
    assert.deepEqual([send(3), send(2), send(1)], [0, 3, 5])
  })
})

describe('the sequences of idle partitions', () => {
  it('hold under the identity that they belong to', () => {
    const sequences = new RestingSequences()
    sequences.keep('t', 0, { generation: -1, nextSequence: 0 })
    sequences.keep('t', 1, { generation: 3, nextSequence: 7 })
    sequences.keep('t', 2, { generation: 2, nextSequence: 8 })
    assert.equal(sequences.size, 1)
    assert.deepEqual(sequences.take('t', 1), { generation: 3, nextSequence: 7 })
    assert.equal(sequences.take('t', 1), undefined)
    sequences.keep('t', 1, { generation: 3, nextSequence: 7 })
    sequences.keep('t', 2, { generation: 4, nextSequence: 9 })
    assert.deepEqual([sequences.take('t', 1), sequences.take('t', 2)], [undefined, { generation: 4, nextSequence: 9 }])
  })

  it('are let go when they are too many, at the price of a new epoch', () => {
    let epochs = 0
    const sequences = new RestingSequences(() => epochs++)
    for (let partition = 0; partition < 25_000; partition++) sequences.keep('t', partition, { generation: epochs, nextSequence: 1 })
    assert.equal(epochs, 2)
    assert.ok(sequences.size <= 10_000)
    assert.equal(sequences.take('t', 0), undefined)
  })
})
