import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecordBatchBuilder } from '@odradek/protocol'
import { PartitionQueue } from '../../src/producer/partition-queue.ts'
import { ProducerBatch } from '../../src/producer/producer-batch.ts'

const MAX_SEQUENCE = 2_147_483_647

function batch(records: number): ProducerBatch {
  const result = new ProducerBatch('t', 0, 0, 1000, new RecordBatchBuilder(1000))
  for (let index = 0; index < records; index++) result.append(1, null, 'v')
  return result
}

/** A queue that has come to sequence 2^31 − 3, and batches taken after that. */
function nearTheEnd(...sizes: number[]): { queue: PartitionQueue; batches: ProducerBatch[] } {
  const queue = new PartitionQueue('t', 0)
  const long = batch(1)
  Object.defineProperty(long, 'recordCount', { value: MAX_SEQUENCE - 2 })
  const batches = sizes.map((size) => batch(size))
  queue.waiting.push(long, ...batches)
  assert.equal(queue.take(0), long)
  queue.landed(long)
  queue.acknowledged(long)
  for (const _ of batches) queue.take(0)
  return { queue, batches }
}

const sequences = (batches: readonly ProducerBatch[]): number[] => batches.map(({ baseSequence }) => baseSequence)

describe('sequences at 2^31 − 1', () => {
  it('go on at 0', () => {
    const { batches } = nearTheEnd(2, 3, 2)
    assert.deepEqual(sequences(batches), [MAX_SEQUENCE - 2, MAX_SEQUENCE, 2])
  })

  it('tell what is in the log, and what comes before what', () => {
    const { queue, batches } = nearTheEnd(2, 3, 2)
    const [first, second, third] = batches as [ProducerBatch, ProducerBatch, ProducerBatch]
    assert.deepEqual([queue.isAhead(first), queue.isAhead(second), queue.isAhead(third)], [false, true, true])
    queue.landed(second)
    queue.acknowledged(second)
    assert.deepEqual([queue.isInLog(first), queue.isInLog(second), queue.isInLog(third)], [true, true, false])
    for (const back of [third, first]) {
      queue.landed(back)
      queue.requeue(back)
    }
    assert.deepEqual(queue.waiting, [first, third])
  })

  it('move up and are parted across it', () => {
    const { queue, batches } = nearTheEnd(2, 3, 2)
    const [first, second, third] = batches as [ProducerBatch, ProducerBatch, ProducerBatch]
    queue.landed(first)
    queue.closeGap(first)
    assert.deepEqual(sequences([second, third]), [MAX_SEQUENCE - 2, 0])
    queue.landed(second)
    const parts = second.divide([[0], [1, 2]], new Map())
    queue.replace(second, parts)
    assert.deepEqual(sequences([...parts, third]), [MAX_SEQUENCE - 2, MAX_SEQUENCE - 1, 0])
    assert.deepEqual(queue.waiting, parts)
  })
})
