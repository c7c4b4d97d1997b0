import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes } from '@odradek/protocol'
import type { ProducerInterceptor } from '../../src/index.ts'
import { startProducing } from '../support/producing.ts'

/** Writes down what it is told, and appends its letter to every value. */
function witness(letter: string, seen: string[]): ProducerInterceptor<string, string> {
  return {
    onSend: (record) => ({ ...record, value: `${record.value}${letter}` }),
    onAcknowledgement: (metadata, error, record) => void seen.push(`${letter} ${record.value} ${metadata?.offset ?? error?.code}`),
    close: () => void seen.push(`${letter} closed`),
  }
}

const broken: ProducerInterceptor<string, string> = {
  onSend: () => {
    throw new Error('onSend is broken')
  },
  onAcknowledgement: () => {
    throw new Error('onAcknowledgement is broken')
  },
}

describe('interceptors (KIP-42)', () => {
  it('replace records one after the other, and learn what became of them', async () => {
    const seen: string[] = []
    const { cluster, log, producer } = startProducing({
      interceptors: [witness('a', seen), witness('b', seen)],
      refuse: ({ values }) => (values[0] === 'badab' ? { errorCode: ErrorCodes.INVALID_RECORD } : undefined),
    })
    const good = producer.send({ topic: 't', value: 'good' })
    await cluster.clock.advance(20)
    const bad = assert.rejects(producer.send({ topic: 't', value: 'bad' }), { code: 'INVALID_RECORD' })
    await cluster.clock.advance(20)
    await Promise.all([good, bad])
    assert.deepEqual(log.values.get(0), ['goodab'])
    assert.deepEqual(seen, ['a goodab 0', 'b goodab 0', 'a badab INVALID_RECORD', 'b badab INVALID_RECORD'])
    await producer.close()
    assert.deepEqual(seen.slice(4), ['a closed', 'b closed'])
  })

  it('learn of each record of a sendBatch', async () => {
    const seen: string[] = []
    const { cluster, producer } = startProducing({
      interceptors: [witness('a', seen)],
      refuse: ({ values }) => {
        const bad = values.flatMap((value, index) => (value === 'ya' ? [index] : []))
        return bad.length > 0 ? { errorCode: ErrorCodes.INVALID_RECORD, bad } : undefined
      },
    })
    const failed = assert.rejects(producer.sendBatch(['x', 'y', 'z'].map((value) => ({ topic: 't', value }))))
    await cluster.clock.advance(1000)
    await failed
    assert.deepEqual(seen, ['a xa 0', 'a ya INVALID_RECORD', 'a za 1'])
    await producer.close()
  })

  it('that throw change nothing, and are warned of once', async () => {
    const { cluster, log, warnings, producer } = startProducing({ interceptors: [broken, witness('a', [])] })
    for (const value of ['1', '2']) {
      const sent = producer.send({ topic: 't', value })
      await cluster.clock.advance(20)
      await sent
    }
    assert.deepEqual(log.values.get(0), ['1a', '2a'])
    assert.equal(warnings.length, 2)
    assert.match(warnings[0] ?? '', /onSend\(\) of interceptor 0 threw.*onSend is broken/)
    await producer.close()
  })

  it('learn of a record that cannot be serialised', async () => {
    const seen: string[] = []
    const { producer } = startProducing({ interceptors: [witness('a', seen)], maxRequestSize: 200 })
    await producer.partitionsFor('t')
    await assert.rejects(producer.send({ topic: 't', value: 'x'.repeat(300) }), { code: 'RECORD_TOO_LARGE' })
    assert.match(seen[0] ?? '', /RECORD_TOO_LARGE/)
    await producer.close()
  })
})
