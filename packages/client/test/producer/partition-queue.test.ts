import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecordBatchBuilder } from '@odradek/protocol'
import { PartitionQueue } from '../../src/producer/partition-queue.ts'
import { ProducerBatch } from '../../src/producer/producer-batch.ts'

function batch(records: number, createdMs = 0): ProducerBatch {
  const result = new ProducerBatch('t', 0, createdMs, 1000, new RecordBatchBuilder(1000))
  for (let i = 0; i < records; i++) result.append(1, null, 'v')
  return result
}

function filled(...sizes: number[]): { queue: PartitionQueue; batches: ProducerBatch[] } {
  const queue = new PartitionQueue('t', 0)
  const batches = sizes.map((size, index) => batch(size, index))
  queue.waiting.push(...batches)
  return { queue, batches }
}

describe('partition queue', () => {
  it('numbers batches as they are taken, and closes them', () => {
    const { queue, batches } = filled(3, 2, 1)
    assert.equal(queue.open, batches[2])
    for (let i = 0; i < 3; i++) queue.take(0)
    assert.deepEqual(
      batches.map(({ baseSequence }) => baseSequence),
      [0, 3, 5],
    )
    assert.ok(batches.every(({ isClosed }) => isClosed))
  })

  it('puts batches back in order, whatever order they come back in', () => {
    const { queue, batches } = filled(1, 1, 1, 1)
    for (let i = 0; i < 3; i++) queue.take(0)
    assert.ok(queue.mustWaitForInFlight(0))
    for (const index of [1, 0, 2]) {
      const back = batches[index] as ProducerBatch
      queue.landed(back)
      queue.requeue(back)
      assert.equal(queue.mustWaitForInFlight(0), index !== 2)
    }
    assert.deepEqual(queue.waiting, batches)
    assert.equal(queue.take(0), batches[0])
    assert.equal(batches[0]?.baseSequence, 0)
  })

  it('moves later batches up when one is certainly not in the log', () => {
    const { queue, batches } = filled(2, 3, 4)
    for (let i = 0; i < 3; i++) queue.take(0)
    const [first] = batches
    assert.ok(first)
    queue.landed(first)
    queue.closeGap(first)
    assert.deepEqual(
      batches.slice(1).map(({ baseSequence }) => baseSequence),
      [0, 3],
    )
    queue.waiting.push(batch(1))
    assert.equal(queue.take(0)?.baseSequence, 7)
  })

  it('starts again at 0 in a new generation, once nothing of the old one is under way', () => {
    const { queue, batches } = filled(2, 3, 2, 2)
    const [first, second] = [queue.take(0), queue.take(0)]
    assert.ok(first && second)
    assert.equal(queue.mustWaitForInFlight(1), true)
    queue.landed(first)
    queue.acknowledged(first)
    queue.landed(second)
    queue.acknowledged(second)
    assert.equal(queue.mustWaitForInFlight(1), false)
    queue.take(1)
    queue.take(1)
    assert.deepEqual(
      batches.map(({ baseSequence }) => baseSequence),
      [0, 2, 0, 2],
    )
  })

  it('keeps the number of a batch that may be in the log, until the broker has refused it', () => {
    const { queue, batches } = filled(2, 3)
    const first = queue.take(0)
    assert.ok(first)
    const encoded = first.encode({ crc32c: () => 0, producerId: 1, producerEpoch: 0, baseSequence: 0 })
    for (const isRefused of [false, true]) {
      queue.landed(first)
      queue.requeue(first)
      if (isRefused) queue.refused()
      assert.equal(queue.take(1), first)
      const again = first.encode({ crc32c: () => 0, producerId: 1, producerEpoch: 1, baseSequence: 0 })
      assert.equal(again === encoded, !isRefused)
      assert.equal(queue.generation, isRefused ? 1 : 0)
      assert.equal(queue.mustWaitForInFlight(1), true)
    }
    queue.landed(first)
    queue.acknowledged(first)
    queue.take(1)
    assert.deepEqual(
      batches.map(({ baseSequence }) => baseSequence),
      [0, 2],
    )
  })

  it('sends nothing beside the very first batch, and several after it', () => {
    const { queue, batches } = filled(2, 2, 2)
    const [first] = batches
    assert.ok(first)
    queue.take(0)
    assert.ok(queue.mustWaitForInFlight(0))
    queue.landed(first)
    queue.acknowledged(first)
    queue.take(0)
    assert.ok(!queue.mustWaitForInFlight(0))
  })

  it('knows which batches the broker cannot have taken yet', () => {
    const { queue, batches } = filled(2, 2)
    queue.take(0)
    queue.take(0)
    const [first, second] = batches
    assert.ok(first && second)
    assert.deepEqual([queue.isAhead(first), queue.isAhead(second)], [false, true])
    queue.landed(first)
    queue.acknowledged(first)
    assert.equal(queue.isAhead(second), false)
    queue.landed(second)
    queue.acknowledged(second)
    assert.equal(queue.isAhead(first), false)
  })

  it('without idempotence numbers nothing and keeps the order by age', () => {
    const { queue, batches } = filled(1, 1, 1)
    queue.take(-1)
    queue.take(-1)
    for (const back of [batches[1], batches[0]]) {
      assert.ok(back)
      queue.landed(back)
      queue.requeue(back)
    }
    assert.deepEqual(queue.waiting, batches)
    assert.equal(batches[0]?.baseSequence, -1)
  })

  it('holds a later batch back until all that was under way has come back', () => {
    const { queue, batches } = filled(1, 1, 1, 1)
    const [first, second, third] = batches as [ProducerBatch, ProducerBatch, ProducerBatch]
    queue.take(0)
    queue.landed(first)
    queue.acknowledged(first)
    queue.take(0)
    queue.take(0)
    assert.equal(queue.mustWaitForInFlight(0), false)
    queue.landed(second)
    queue.requeue(second)
    assert.equal(queue.mustWaitForInFlight(0), true)
    queue.landed(third)
    queue.requeue(third)
    assert.equal(queue.mustWaitForInFlight(0), false)
    assert.equal(queue.take(0), second)
  })
})
