import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecordBatchBuilder } from '@odradek/protocol'
import { PartitionQueue } from '../../src/producer/partition-queue.ts'
import { ProducerBatch } from '../../src/producer/producer-batch.ts'

/** A queue whose first batch is acknowledged, and the others. */
function begun(count: number): { queue: PartitionQueue; batches: ProducerBatch[] } {
  const queue = new PartitionQueue('t', 0)
  const batches = Array.from({ length: count + 1 }, (_, index) => new ProducerBatch('t', 0, index, 1000, new RecordBatchBuilder(1000)))
  for (const batch of batches) batch.append(1, null, 'v')
  queue.waiting.push(...batches)
  const first = queue.take(0)
  assert.ok(first !== undefined)
  queue.landed(first)
  queue.acknowledged(first)
  return { queue, batches: batches.slice(1) }
}

describe('partition queue: what a broker remembers', () => {
  it('gets no more than five batches ahead of one that is not answered, even when those in between are', () => {
    const { queue, batches } = begun(7)
    const [unanswered, ...later] = batches
    assert.equal(queue.take(0), unanswered)
    for (const batch of later.slice(0, 4)) {
      assert.equal(queue.mustWaitForInFlight(0), false)
      assert.equal(queue.take(0), batch)
      queue.landed(batch)
      queue.acknowledged(batch)
    }
    assert.equal(queue.mustWaitForInFlight(0), true)
    assert.ok(unanswered !== undefined)
    queue.landed(unanswered)
    queue.acknowledged(unanswered)
    assert.equal(queue.mustWaitForInFlight(0), false)
  })

  it('without idempotence gets ahead as it likes', () => {
    const queue = new PartitionQueue('t', 0)
    for (let n = 0; n < 9; n++) {
      const batch = new ProducerBatch('t', 0, n, 1000, new RecordBatchBuilder(1000))
      queue.waiting.push(batch)
      assert.equal(queue.mustWaitForInFlight(-1), false)
      assert.equal(queue.take(-1), batch)
    }
  })

  it('knows by a later acknowledgement that a batch is in the log, and an earlier one takes nothing back', () => {
    const { queue, batches } = begun(3)
    const [first, second, third] = batches
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    for (const batch of batches) assert.equal(queue.take(0), batch)
    assert.equal(queue.isInLog(first), false)
    queue.acknowledged(second)
    assert.deepEqual(
      [first, second, third].map((batch) => queue.isInLog(batch)),
      [true, true, false],
    )
    queue.acknowledged(first)
    assert.equal(queue.isInLog(second), true)
  })
})
