import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import { ErrorCodes, produce } from '@odradek/protocol'
import type { KafkaError, Serializer } from '../../src/index.ts'
import type { BatchEvent } from '../../src/metrics/channels.ts'
import type { Producing, ProducingOptions } from '../support/producing.ts'
import { startProducing } from '../support/producing.ts'

interface Shown extends Producing {
  /** Failures by topic, as the figures have them, and of all. */
  readonly counted: () => Readonly<Record<string, number>>
  /** Events, one a line. */
  readonly published: string[]
}

async function watched(options: ProducingOptions, test: (shown: Shown) => Promise<void>): Promise<void> {
  const published: string[] = []
  const listen = (message: unknown): void => {
    const { topic, partition, records, attempt, error } = message as BatchEvent
    published.push(`${topic}-${partition} ${records} ${attempt} ${(error as KafkaError).code}`)
  }
  const producing = startProducing({ lingerMs: 5, maxBlockMs: 1000, ...options })
  const counted = (): Record<string, number> =>
    Object.fromEntries(
      producing.producer
        .metrics()
        .filter(({ name, value }) => name === 'record-error-total' && value > 0)
        .map(({ tags, value }) => [tags['topic'] ?? 'all', value]),
    )
  subscribe('odradek:producer:error', listen)
  try {
    await test({ ...producing, counted, published })
  } finally {
    unsubscribe('odradek:producer:error', listen)
    const closed = producing.producer.close({ timeoutMs: 0 })
    await producing.cluster.clock.advance(1)
    await closed
  }
}

describe('a failure is counted and published', () => {
  it('of a record that a broker refuses alone (KIP-467)', () =>
    watched(
      {
        refuse: ({ values }) =>
          values.includes('bad') ? { errorCode: ErrorCodes.INVALID_RECORD, bad: [values.indexOf('bad')] } : undefined,
      },
      async ({ cluster, producer, counted, published }) => {
        const outcome = Promise.allSettled(['a', 'bad', 'b'].map((value) => producer.send({ topic: 't', value })))
        await cluster.clock.advance(1000)
        await outcome
        assert.deepEqual(counted(), { all: 1, t: 1 })
        assert.deepEqual(published, ['t-0 1 1 INVALID_RECORD'])
      },
    ))

  const picky: Serializer<string> = {
    serialize: (value) => {
      if (value === 'bad') throw new Error('bad')
      return value
    },
  }
  it('of records that get into no batch: not serialisable, too large, no metadata, no room', () =>
    watched(
      { value: picky, maxRequestSize: 1000, batchSize: 800, bufferMemory: 800 },
      async ({ cluster, producer, counted, published }) => {
        const known = producer.partitionsFor('t')
        await cluster.clock.advance(10)
        await known
        cluster.on(produce, () => new Promise<never>(() => undefined))
        void Promise.allSettled([
          producer.send({ topic: 't', value: 'bad' }),
          producer.sendBatch([{ topic: 't', partition: 0, value: 'x'.repeat(2000) }]),
          producer.send({ topic: 'nowhere', value: 'v' }),
          producer.send({ topic: 't', partition: 0, value: 'x'.repeat(600) }),
          producer.send({ topic: 't', partition: 0, value: 'x'.repeat(600) }),
        ])
        await cluster.clock.advance(5000)
        assert.deepEqual(published.toSorted(), [
          'nowhere--1 1 0 TIMEOUT',
          't--1 1 0 SERIALIZATION',
          't-0 1 0 RECORD_TOO_LARGE',
          't-0 1 0 TIMEOUT',
        ])
        assert.deepEqual(counted(), { all: 4, t: 3, nowhere: 1 })
      },
    ))

  it('of a record sent to a producer that is closed', () =>
    watched({}, async ({ producer, counted, published }) => {
      await producer.close()
      await assert.rejects(producer.send({ topic: 't', value: 'v' }), { code: 'CLOSED' })
      assert.deepEqual(counted(), { all: 1, t: 1 })
      assert.deepEqual(published, ['t--1 1 0 CLOSED'])
    }))
})
