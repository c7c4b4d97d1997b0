import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { describe, it } from 'node:test'
import { ErrorCodes, produce } from '@odradek/protocol'
import type { ProducerRecord } from '../../src/index.ts'
import { noAnswer } from '../support/fake-cluster.ts'
import { settle } from '../support/manual-clock.ts'
import { startProducing } from '../support/producing.ts'

function* records(count: number, value = 'v'): Generator<ProducerRecord<string, string>> {
  for (let index = 0; index < count; index++) yield { topic: 't', value: `${value}${index}` }
}

const allOf = (count: number): string[] => [...records(count)].map((record) => record.value ?? '')

describe('the producer as a stream', () => {
  it('ends a pipeTo() once everything is acknowledged, and stays open', async () => {
    const { log, producer } = startProducing({ lingerMs: 60_000, requestTimeoutMs: 100 })
    await Readable.toWeb(Readable.from(records(500))).pipeTo(producer.writable())
    assert.deepEqual(log.values.get(0), allOf(500))
    await producer.sendBatch([])
    await producer.close()
  })

  it('ends a pipeline() of node:stream', async () => {
    const { log, producer } = startProducing({ lingerMs: 60_000, requestTimeoutMs: 100 })
    await pipeline(Readable.from(records(500)), (source) => ReadableStream.from(source).pipeTo(producer.writable()))
    assert.deepEqual(log.values.get(0), allOf(500))
    await producer.close()
  })

  it('holds the writer while there is no room, not until records are acknowledged', async () => {
    const { cluster, log, producer } = startProducing({ lingerMs: 0, batchSize: 1000, bufferMemory: 3000 })
    cluster.on(produce, () => noAnswer)
    const writer = producer.writable().getWriter()
    let written = 0
    const lost = Array.from(records(10, 'x'.repeat(900)), (record) => writer.write(record).then(() => written++))
    void Promise.allSettled(lost)
    await cluster.clock.advance(100)
    assert.equal(written, 3)
    cluster.on(produce, (request) => log.answer(request))
    cluster.cut(1)
    await cluster.clock.advance(20_000)
    assert.equal(written, 10)
    await writer.close()
    assert.equal(log.values.get(0)?.length, 10)
    await producer.close()
  })

  it('is in error once a record has failed, and close() says so too', async () => {
    const refuse = ({ values }: { readonly values: readonly string[] }) =>
      values.includes('bad') ? { errorCode: ErrorCodes.INVALID_RECORD, bad: [values.indexOf('bad')] } : undefined
    const { cluster, log, producer } = startProducing({ refuse })
    const writer = producer.writable().getWriter()
    for (const value of ['a', 'bad', 'b']) await writer.write({ topic: 't', value })
    const closed = assert.rejects(writer.close(), { code: 'INVALID_RECORD' })
    const failed = assert.rejects(writer.closed, { code: 'INVALID_RECORD' })
    await cluster.clock.advance(1000)
    await Promise.all([closed, failed])
    await assert.rejects(writer.write({ topic: 't', value: 'c' }))
    assert.deepEqual(log.values.get(0), ['a', 'b'])
    await producer.close()
  })

  it('refuses a record that cannot be sent at its write, at once or after max.block.ms', async () => {
    const { cluster, producer } = startProducing({ maxRequestSize: 200, maxBlockMs: 100 })
    for (const [record, code] of [
      [{ topic: 't', value: 'x'.repeat(300) }, 'RECORD_TOO_LARGE'],
      [{ topic: 't', partition: 9, value: 'v' }, 'TIMEOUT'],
    ] as const) {
      const writer = producer.writable().getWriter()
      const refused = [assert.rejects(writer.write(record), { code }), assert.rejects(writer.closed, { code })]
      await cluster.clock.advance(110)
      await Promise.all(refused)
    }
    await producer.close()
  })

  it('ends a pipeTo() with a record that cannot be sent', async () => {
    const { producer } = startProducing({ maxRequestSize: 200 })
    const source = [{ topic: 't', value: 'x'.repeat(300) }, ...records(5)]
    await assert.rejects(ReadableStream.from(source).pipeTo(producer.writable()), { code: 'RECORD_TOO_LARGE' })
    await producer.close()
  })

  it('takes nothing back when it is aborted', async () => {
    const { cluster, log, producer } = startProducing({ lingerMs: 5 })
    const writer = producer.writable().getWriter()
    await writer.write({ topic: 't', value: 'a' })
    await writer.abort(new Error('enough'))
    await assert.rejects(writer.write({ topic: 't', value: 'b' }))
    await cluster.clock.advance(20)
    await settle()
    assert.deepEqual(log.values.get(0), ['a'])
    await producer.close()
  })
})
