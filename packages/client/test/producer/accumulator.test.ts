import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { produce } from '@odradek/protocol'
import { Accumulator, type EncodedRecord } from '../../src/producer/accumulator.ts'
import type { ProducerBatch } from '../../src/producer/producer-batch.ts'
import { noAnswer } from '../support/fake-cluster.ts'
import { startProducing } from '../support/producing.ts'

const BATCH_BYTES = 1000
const BUFFER_BYTES = 8000

function record(bytes: number): EncodedRecord {
  return { key: null, value: Buffer.alloc(bytes), headers: undefined, maxBytes: bytes + 20 }
}

describe('the memory of batches', () => {
  it('of those that time out before they are sent serves the next ones', async () => {
    const options = { batchSize: BATCH_BYTES, bufferMemory: BUFFER_BYTES, lingerMs: 0, deliveryTimeoutMs: 2000, requestTimeoutMs: 1000 }
    const { cluster, producer } = startProducing({ ...options, maxInFlightRequestsPerConnection: 1 })
    cluster.on(produce, () => noAnswer)
    const send = () => producer.send({ topic: 't', value: 'x'.repeat(800) })
    const allocated: number[] = []
    mock.method(Buffer, 'allocUnsafeSlow', (bytes: number) => {
      allocated.push(bytes)
      return Buffer.alloc(bytes)
    })
    try {
      for (let turn = 0; turn < 10; turn++) {
        void Promise.allSettled(Array.from({ length: 8 }, send))
        await cluster.clock.advance(3000)
      }
    } finally {
      mock.restoreAll()
    }
    // All of the first turn, and the one a turn that was sent.
    assert.ok(allocated.length < 24, `${allocated.length} allocations for 80 batches`)
    const closed = producer.close({ timeoutMs: 0 })
    await cluster.clock.advance(1)
    await closed
  })

  it('is never more than buffer.memory, that of builders kept for later included', () => {
    const options = { batchSizeBytes: BATCH_BYTES, bufferMemoryBytes: BUFFER_BYTES, nowMs: () => 0, onBatch: () => undefined }
    const accumulator = new Accumulator(options)
    const append = (partition: number, bytes: number): ProducerBatch | undefined =>
      accumulator.append(accumulator.queue('t', partition), 0, record(bytes))
    const settle = (batch: ProducerBatch | undefined): void => {
      assert.ok(batch)
      accumulator.release(batch, batch.acknowledge(0, -1))
    }
    const small = Array.from({ length: 8 }, (_, partition) => append(partition, 800))
    assert.equal(append(9, 800), undefined)
    for (const batch of small) settle(batch)
    assert.deepEqual([accumulator.usedBytes, accumulator.heldBytes], [0, BUFFER_BYTES])
    const large = append(10, 5000)
    assert.ok(large && accumulator.heldBytes <= BUFFER_BYTES && accumulator.heldBytes > 7000, `${accumulator.heldBytes}`)
    settle(large)
    assert.equal(accumulator.usedBytes, 0)
  })
})
