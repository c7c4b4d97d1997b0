import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import type { KafkaError } from '../../src/index.ts'
import { SendBatchError } from '../../src/index.ts'
import type { Producing, ProducingOptions } from '../support/producing.ts'
import { startProducing } from '../support/producing.ts'
import type { ReceivedBatch, Verdict } from '../support/sequenced-log.ts'

function start(refuse: (batch: ReceivedBatch) => Verdict | undefined, options: ProducingOptions = {}): Producing {
  return startProducing({ refuse, lingerMs: 5, ...options })
}

/** Offsets of the records that were written, error codes of the others. */
async function outcomes(sent: readonly Promise<{ offset: number }>[]): Promise<(number | string)[]> {
  const settled = await Promise.allSettled(sent)
  return settled.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.offset : (outcome.reason as KafkaError).code))
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `v${index}`)
}

describe('a batch that is too large (KIP-126)', () => {
  for (const enableIdempotence of [true, false]) {
    it(`is parted until it fits, its records in order and each promise kept, idempotence ${enableIdempotence}`, async () => {
      const tooLarge = (batch: ReceivedBatch): Verdict | undefined =>
        batch.recordCount > 3 ? { errorCode: ErrorCodes.MESSAGE_TOO_LARGE } : undefined
      const { cluster, log, producer } = start(tooLarge, { enableIdempotence })
      const values = numbered(10)
      const sent = values.map((value) => producer.send({ topic: 't', key: 'k', value, headers: { h: value } }))
      const outcome = outcomes(sent)
      await cluster.clock.advance(2000)
      assert.deepEqual(
        await outcome,
        values.map((_, index) => index),
      )
      assert.deepEqual(log.values.get(0), values)
      assert.equal(producer.metrics().find(({ name }) => name === 'batch-split-total')?.value, 3)
      assert.equal(producer.metrics().find(({ name }) => name === 'buffer-available-bytes')?.value, 33_554_432)
      await producer.close()
    })
  }

  it('keeps the order of the batches that were under way behind it', async () => {
    let isLimited = true
    const { cluster, log, producer } = start(
      (batch) =>
        isLimited && batch.recordCount > 1 && batch.values.includes('v8') ? { errorCode: ErrorCodes.RECORD_LIST_TOO_LARGE } : undefined,
      { lingerMs: 0, batchSize: 120 },
    )
    const values = numbered(40)
    const sent = values.map((value) => producer.send({ topic: 't', value }))
    const outcome = outcomes(sent)
    await cluster.clock.advance(5000)
    isLimited = false
    assert.deepEqual(log.values.get(0), values)
    assert.deepEqual(
      await outcome,
      values.map((_, index) => index),
    )
    assert.ok(log.received.every(({ producerEpoch }) => producerEpoch === 0))
    await producer.close()
  })

  it('fails a single record alone, with what can be done about it', async () => {
    const { cluster, log, producer } = start((batch) =>
      batch.values.includes('v2') ? { errorCode: ErrorCodes.MESSAGE_TOO_LARGE } : undefined,
    )
    const sent = numbered(5).map((value) => producer.send({ topic: 't', value }))
    const outcome = outcomes(sent)
    await cluster.clock.advance(5000)
    assert.deepEqual(await outcome, [0, 1, 'MESSAGE_TOO_LARGE', 2, 3])
    await assert.rejects(sent[2] as Promise<unknown>, /raise the topic's max\.message\.bytes/)
    assert.deepEqual(log.values.get(0), ['v0', 'v1', 'v3', 'v4'])
    await producer.close()
  })
})

describe('a batch with bad records (KIP-467)', () => {
  const refuseBad = (batch: ReceivedBatch): Verdict | undefined => {
    const bad = batch.values.flatMap((value, index) => (value.startsWith('bad') ? [index] : []))
    return bad.length > 0 ? { errorCode: ErrorCodes.INVALID_RECORD, bad } : undefined
  }
  const values = ['a', 'bad1', 'b', 'c', 'bad2', 'd']

  for (const enableIdempotence of [true, false]) {
    it(`loses those alone, idempotence ${enableIdempotence}`, async () => {
      const { cluster, log, producer } = start(refuseBad, { enableIdempotence })
      const sent = values.map((value) => producer.send({ topic: 't', value }))
      const outcome = outcomes(sent)
      await cluster.clock.advance(2000)
      assert.deepEqual(await outcome, [0, 'INVALID_RECORD', 1, 2, 'INVALID_RECORD', 3])
      await assert.rejects(sent[4] as Promise<unknown>, /t-0: bad 4/)
      assert.equal(log.received.length, 2)
      assert.equal(producer.metrics().find(({ name }) => name === 'record-error-total')?.value, 2)
      const next = producer.send({ topic: 't', value: 'e' })
      await cluster.clock.advance(1000)
      assert.equal((await next).offset, 4)
      assert.ok(log.received.every(({ producerEpoch }) => producerEpoch === (enableIdempotence ? 0 : -1)))
      await producer.close()
    })
  }

  it('names them in a sendBatch, whatever batches its records went in', async () => {
    const { cluster, producer } = start(refuseBad)
    const sent = producer.sendBatch(values.map((value) => ({ topic: 't', value })))
    const failed = sent.then(
      () => assert.fail('it resolved'),
      (error: unknown) => error,
    )
    await cluster.clock.advance(2000)
    const error = await failed
    assert.ok(error instanceof SendBatchError)
    assert.deepEqual(
      error.failures.map(({ index, error: { code } }) => [index, code]),
      [
        [1, 'INVALID_RECORD'],
        [4, 'INVALID_RECORD'],
      ],
    )
    await producer.close()
  })

  it('finds the one that a broker does not name', async () => {
    const { cluster, log, producer } = start((batch) =>
      batch.values.includes('bad1') ? { errorCode: ErrorCodes.INVALID_TIMESTAMP } : undefined,
    )
    const sent = ['a', 'bad1', 'b', 'c'].map((value) => producer.send({ topic: 't', value }))
    const outcome = outcomes(sent)
    await cluster.clock.advance(2000)
    assert.deepEqual(await outcome, [0, 'INVALID_TIMESTAMP', 1, 2])
    assert.deepEqual(log.values.get(0), ['a', 'b', 'c'])
    await producer.close()
  })

  it('moves the batches behind it up without a new epoch', async () => {
    const { cluster, log, producer } = start(refuseBad, { lingerMs: 0, batchSize: 120 })
    const many = Array.from({ length: 40 }, (_, index) => (index === 9 ? 'bad9' : `v${index}`))
    const sent = many.map((value) => producer.send({ topic: 't', value }))
    const outcome = outcomes(sent)
    await cluster.clock.advance(5000)
    const good = many.filter((value) => value !== 'bad9')
    assert.deepEqual(log.values.get(0), good)
    assert.equal((await outcome).filter((outcome) => outcome === 'INVALID_RECORD').length, 1)
    assert.ok(log.received.every(({ producerEpoch }) => producerEpoch === 0))
    await producer.close()
  })
})
