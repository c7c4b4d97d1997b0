import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { produce } from '@odradek/protocol'
import { noAnswer } from '../support/fake-cluster.ts'
import type { Producing, ProducingOptions } from '../support/producing.ts'
import { startProducing } from '../support/producing.ts'

const VALUES = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(100, '.'))

/** A producer without answers, connected. */
async function start(options: ProducingOptions = {}): Promise<Producing> {
  const producing = startProducing({ acks: '0', lingerMs: 0, batchSize: 200, ...options })
  const { cluster, log, producer } = producing
  cluster.on(produce, (request) => {
    log.answer(request)
    return noAnswer
  })
  const first = producer.send({ topic: 't', value: 'first' })
  await cluster.clock.advance(10)
  await first
  return producing
}

describe('with acks=0 a batch', () => {
  it('is done, and its memory used again, once the socket has taken it', async () => {
    const { cluster, log, producer } = await start()
    const letGo = cluster.congest()
    let done = 0
    const free = (): number => producer.metrics().find(({ name }) => name === 'buffer-available-bytes')?.value ?? 0
    const before = free()
    for (const value of VALUES) {
      void producer.send({ topic: 't', value }).then(() => done++)
      await cluster.clock.advance(10)
    }
    assert.equal(done, 0)
    assert.equal(free(), before - VALUES.length * 200)
    letGo()
    await cluster.clock.advance(10)
    assert.equal(done, VALUES.length)
    assert.equal(free(), before)
    assert.deepEqual(log.values.get(0), ['first', ...VALUES])
    await producer.close()
  })

  it('that the socket had not taken when it closed is sent again', async () => {
    const { cluster, log, producer } = await start({ retryBackoffMs: 10 })
    cluster.congest()
    const sent = Promise.all(VALUES.map((value) => producer.send({ topic: 't', value })))
    await cluster.clock.advance(10)
    assert.deepEqual(log.values.get(0), ['first'])
    cluster.cut(1)
    await cluster.clock.advance(1000)
    await sent
    assert.deepEqual(log.values.get(0), ['first', ...VALUES])
    await producer.close()
  })

  it('is given up after delivery.timeout.ms, and its memory left to the socket', async () => {
    const { cluster, log, producer } = await start({ deliveryTimeoutMs: 1000, requestTimeoutMs: 500 })
    const letGo = cluster.congest()
    const lost = assert.rejects(producer.send({ topic: 't', value: VALUES[0] ?? '' }), { code: 'TIMEOUT' })
    await cluster.clock.advance(3000)
    await lost
    const next = producer.send({ topic: 't', value: VALUES[1] ?? '' })
    await cluster.clock.advance(10)
    letGo()
    await cluster.clock.advance(10)
    await next
    assert.deepEqual(log.values.get(0), ['first', VALUES[0], VALUES[1]])
    await producer.close()
  })
})
