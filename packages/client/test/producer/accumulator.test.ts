import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it, mock } from 'node:test'
import { ErrorCodes, produce } from '@odradek/protocol'
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

  it('stays within buffer.memory while batches are parted (KIP-126), again and again', async () => {
    const { cluster, log, producer } = startProducing({
      batchSize: 90_000,
      bufferMemory: 100_000,
      lingerMs: 5,
      refuse: ({ recordCount }) => (recordCount > 3 ? { errorCode: ErrorCodes.MESSAGE_TOO_LARGE } : undefined),
    })
    const available = (): number => producer.metrics().find(({ name }) => name === 'buffer-available-bytes')?.value ?? -1
    let low = Number.POSITIVE_INFINITY
    const channels = ['odradek:producer:retry', 'odradek:producer:send']
    const look = (): void => {
      low = Math.min(low, available())
    }
    for (const channel of channels) subscribe(channel, look)
    const sent = Promise.all(Array.from({ length: 80 }, () => producer.send({ topic: 't', value: 'x'.repeat(1000) })))
    for (let turn = 0; turn < 100; turn++) {
      await cluster.clock.advance(10)
      look()
    }
    for (const channel of channels) unsubscribe(channel, look)
    await sent
    assert.equal(log.values.get(0)?.length, 80)
    assert.ok(low >= 0 && low < 20_000, `${low} bytes were left`)
    assert.equal(available(), 100_000)
    await producer.close()
  })

  it('is not for a record or a batch that it has no room for', async () => {
    assert.throws(() => startProducing({ batchSize: 1000, bufferMemory: 999 }), /batch\.size \(1000\) is over buffer\.memory \(999\)/)
    const { cluster, producer } = startProducing({ batchSize: 1000, bufferMemory: 2000 })
    const outcome = Promise.allSettled([1800, 2000].map((bytes) => producer.send({ topic: 't', value: 'x'.repeat(bytes) })))
    await cluster.clock.advance(100)
    const [fits, large] = await outcome
    assert.equal(fits?.status, 'fulfilled')
    assert.match(String(large?.status === 'rejected' && large.reason), /over buffer\.memory \(2000\)/)
    await producer.close()
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

  it('is not taken by a record that cannot be written, nor is a batch opened for it', () => {
    const opened: boolean[] = []
    const options = { batchSizeBytes: BATCH_BYTES, bufferMemoryBytes: BUFFER_BYTES, nowMs: () => 0 }
    const accumulator = new Accumulator({ ...options, onBatch: (isFull) => void opened.push(isFull) })
    const queue = accumulator.queue('t', 0)
    assert.throws(() => accumulator.append(queue, Number.NaN, record(10)), RangeError)
    assert.deepEqual([accumulator.usedBytes, accumulator.active.size, queue.isIdle, opened], [0, 0, true, []])
    assert.equal(accumulator.append(queue, 0, record(10))?.recordCount, 1)
    assert.deepEqual(opened, [false])
  })
})
