import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { metadata, produce } from '@odradek/protocol'
import { noAnswer } from '../support/fake-cluster.ts'
import { startProducing } from '../support/producing.ts'

describe('the end of a producer', () => {
  it('flush and close have nothing to do without records, and need no broker', async () => {
    const { cluster, producer } = startProducing()
    await producer.flush()
    await producer.close()
    assert.equal(cluster.requests.length, 0)
  })

  it('close twice is one close, that of the least patience', async () => {
    for (const [timeoutMs, isSent] of [
      [20, false],
      [90, true],
    ] as const) {
      const { cluster, log, producer } = startProducing()
      cluster.on(produce, (request) => new Promise((resolve) => void cluster.clock.setTimer(50, () => resolve(log.answer(request)))))
      const sent = producer.send({ topic: 't', value: 'v' }).then(
        () => true,
        () => false,
      )
      const closed = [producer.close(), producer.close({ timeoutMs }), producer.close({ timeoutMs: 1000 }), producer[Symbol.asyncDispose]()]
      await cluster.clock.advance(100)
      await Promise.all(closed)
      assert.equal(await sent, isSent)
      await producer.close({ timeoutMs: 5 })
      assert.equal(cluster.openSockets, 0)
    }
  })

  it('close takes no record from its first line on, and writes none that it refuses', async () => {
    const { cluster, log, producer } = startProducing({ lingerMs: 60_000, requestTimeoutMs: 100 })
    const sent = producer.send({ topic: 't', value: 'before' })
    const closed = producer.close()
    const late = [
      producer.send({ topic: 't', value: 'after' }),
      producer.sendBatch([{ topic: 't', value: 'after' }]),
      producer.partitionsFor('t'),
    ]
    for (const refused of late) await assert.rejects(refused, ({ code }: { code: string }) => code === 'CLOSED' || code === 'SEND_BATCH')
    await cluster.clock.advance(100)
    await Promise.all([closed, sent])
    assert.deepEqual(log.values.get(0), ['before'])
  })

  it('flush and a stream’s close() end though the buffer is kept full', async () => {
    const { cluster, log, producer } = startProducing({ batchSize: 1000, bufferMemory: 2000, lingerMs: 0 })
    cluster.on(produce, (request) => new Promise((resolve) => void cluster.clock.setTimer(5, () => resolve(log.answer(request)))))
    let isStopped = false
    const sendOn = async (): Promise<void> => {
      while (!isStopped) await producer.send({ topic: 't', value: 'x'.repeat(300) })
    }
    const load = Array.from({ length: 40 }, sendOn)
    await cluster.clock.advance(50)
    const writer = producer.writable().getWriter()
    const written = writer.write({ topic: 't', value: 'mine' })
    await cluster.clock.advance(200)
    await written
    const ended = Promise.all([producer.flush(), writer.close()])
    let isEnded = false
    void ended.then(() => (isEnded = true))
    await cluster.clock.advance(300)
    assert.ok(isEnded)
    isStopped = true
    await cluster.clock.advance(500)
    await Promise.all(load)
    await producer.close()
  })

  it('close sends what waits for room, and what waits for metadata', async () => {
    const { cluster, log, producer } = startProducing({ batchSize: 1000, bufferMemory: 2000, lingerMs: 60_000, requestTimeoutMs: 100 })
    const sent = Array.from({ length: 6 }, (_, index) => producer.send({ topic: 't', value: `${index}`.repeat(900) }))
    const closed = producer.close()
    await cluster.clock.advance(1000)
    await closed
    await Promise.all(sent)
    assert.equal(log.values.get(0)?.length, 6)
  })

  it('close with a timeout fails what waits for room as well as what is under way', async () => {
    const { cluster, producer } = startProducing({ batchSize: 1000, bufferMemory: 2000 })
    cluster.on(produce, () => noAnswer)
    const outcome = Promise.allSettled(Array.from({ length: 6 }, () => producer.send({ topic: 't', value: 'x'.repeat(900) })))
    await cluster.clock.advance(10)
    const closed = producer.close({ timeoutMs: 100 })
    await cluster.clock.advance(200)
    await closed
    for (const result of await outcome) assert.ok(result.status === 'rejected' && (result.reason as { code: string }).code === 'CLOSED')
  })

  it('close fails what waits for metadata that never comes', async () => {
    const { cluster, producer } = startProducing()
    cluster.on(metadata, () => noAnswer)
    const lost = assert.rejects(producer.sendBatch([{ topic: 't', value: 'v' }]), { code: 'SEND_BATCH' })
    await cluster.clock.advance(10)
    const closed = producer.close({ timeoutMs: 100 })
    await cluster.clock.advance(200)
    await Promise.all([closed, lost])
  })

  it('nothing is taken afterwards, however it is offered', async () => {
    const { producer } = startProducing()
    await producer.close()
    await assert.rejects(producer.send({ topic: 't', value: 'v' }), { code: 'CLOSED' })
    await assert.rejects(producer.sendBatch([{ topic: 't', value: 'v' }]), { code: 'SEND_BATCH' })
    await assert.rejects(producer.partitionsFor('t'), { code: 'CLOSED' })
    const writer = producer.writable().getWriter()
    await assert.rejects(async () => {
      await writer.write({ topic: 't', value: 'v' })
      await writer.write({ topic: 't', value: 'v' })
    })
    await producer.flush()
  })

  it('flush waits for what was sent before it, not for what comes later', async () => {
    const { cluster, log, producer } = startProducing({ lingerMs: 60_000, requestTimeoutMs: 100 })
    const release: (() => void)[] = []
    cluster.on(
      produce,
      (request) =>
        new Promise((resolve) => {
          release.push(() => resolve(log.answer(request)))
        }),
    )
    void producer.send({ topic: 't', value: 'a' })
    await cluster.clock.advance(10)
    const flushed = producer.flush()
    await cluster.clock.advance(10)
    const later = producer.send({ topic: 't', value: 'b' })
    release.shift()?.()
    await flushed
    assert.deepEqual(log.values.get(0), ['a'])
    const closed = producer.close()
    await cluster.clock.advance(10)
    release.shift()?.()
    await cluster.clock.advance(10)
    await Promise.all([closed, later])
  })
})
