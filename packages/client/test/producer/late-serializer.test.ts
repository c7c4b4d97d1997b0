import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SerializationError } from '../../src/index.ts'
import { settle } from '../support/manual-clock.ts'
import { startProducing } from '../support/producing.ts'

/** A serializer whose answers come when a test says so; values that begin with `now` are answered at once. */
function lateSerializer(): {
  finish: Map<string, (outcome: string | Buffer | Error) => void>
  serialize(value: string): string | Promise<string | Buffer>
} {
  const finish = new Map<string, (outcome: string | Buffer | Error) => void>()
  return {
    finish,
    serialize: (value) => {
      if (value.startsWith('now')) return value
      return new Promise((resolve, reject) => {
        finish.set(value, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)))
      })
    },
  }
}

describe('a serializer that takes its time', () => {
  it('keeps the order of the records behind it, at work on them all at once', async () => {
    const value = lateSerializer()
    const { cluster, log, producer } = startProducing({ value, lingerMs: 5 })
    const sent = ['now1', 'late1', 'now2', 'late2', 'now3'].map((text) => producer.send({ topic: 't', value: text }))
    await cluster.clock.advance(100)
    assert.deepEqual([...value.finish.keys()], ['late1', 'late2'])
    assert.deepEqual(log.values.get(0), ['now1'])
    value.finish.get('late2')?.('LATE2')
    await cluster.clock.advance(100)
    assert.deepEqual(log.values.get(0), ['now1'])
    value.finish.get('late1')?.('LATE1')
    await cluster.clock.advance(100)
    assert.deepEqual(
      (await Promise.all(sent)).map(({ offset }) => offset),
      [0, 1, 2, 3, 4],
    )
    assert.deepEqual(log.values.get(0), ['now1', 'LATE1', 'now2', 'LATE2', 'now3'])
    assert.equal(log.received.length, 2)
    await producer.close()
  })

  it('fails its record alone, with what it rejected with or when that is no bytes', async () => {
    const value = lateSerializer()
    const { cluster, log, producer } = startProducing({ value })
    const outcome = Promise.allSettled(['late1', 'late2', 'now1'].map((text) => producer.send({ topic: 't', value: text })))
    await cluster.clock.advance(10)
    const reason = new Error('no schema')
    value.finish.get('late1')?.(reason)
    // @ts-expect-error what no serializer may answer
    value.finish.get('late2')?.(7)
    await cluster.clock.advance(100)
    const [first, second, third] = await outcome
    assert.ok(first?.status === 'rejected' && first.reason instanceof SerializationError && first.reason.cause === reason)
    assert.ok(second?.status === 'rejected' && second.reason instanceof SerializationError && /not number/.test(second.reason.message))
    assert.equal(third?.status, 'fulfilled')
    assert.deepEqual(log.values.get(0), ['now1'])
    await producer.close()
  })

  it('is not hurried by max.block.ms, is waited for by flush, and given up by close', async () => {
    const value = lateSerializer()
    const { cluster, log, producer } = startProducing({ value, maxBlockMs: 50, lingerMs: 60_000, requestTimeoutMs: 100 })
    const sent = producer.send({ topic: 't', value: 'late1' })
    await cluster.clock.advance(1000)
    let isFlushed = false
    const flushed = producer.flush().then(() => (isFlushed = true))
    await settle()
    assert.equal(isFlushed, false)
    value.finish.get('late1')?.('x')
    await flushed
    await sent
    assert.deepEqual(log.values.get(0), ['x'])
    const lost = assert.rejects(producer.send({ topic: 't', value: 'late2' }), { code: 'CLOSED' })
    const closed = producer.close({ timeoutMs: 10 })
    await cluster.clock.advance(20)
    await Promise.all([closed, lost])
    value.finish.get('late2')?.('y')
    await settle()
    assert.deepEqual(log.values.get(0), ['x'])
  })

  it('may be the key’s, and serve a sendBatch', async () => {
    const { cluster, log, producer } = startProducing({ key: { serialize: (key) => Promise.resolve(`${key}!`) } })
    const sent = producer.sendBatch(['a', 'b', 'c'].map((text) => ({ topic: 't', key: text, value: text })))
    await cluster.clock.advance(100)
    assert.equal((await sent).length, 3)
    assert.deepEqual(log.values.get(0), ['a', 'b', 'c'])
    await producer.close()
  })

  it('is given up after delivery.timeout.ms, with all that are as late, and holds up nobody from then on', async () => {
    const value = lateSerializer()
    const timeouts = { lingerMs: 0, requestTimeoutMs: 500, deliveryTimeoutMs: 1000, maxBlockMs: 100 }
    const { cluster, log, producer } = startProducing({ value, ...timeouts })
    const late = ['late1', 'late2', 'late3'].map((text) =>
      assert.rejects(producer.send({ topic: 't', key: text, value: text }), {
        code: 'TIMEOUT',
        message: `The serializer has not answered within delivery.timeout.ms (1000 ms): 1 record to t (key "${text}")`,
      }),
    )
    const behind = producer.send({ topic: 't', value: 'now1' })
    const closed = producer.close()
    await cluster.clock.advance(1001)
    await Promise.all([...late, behind, closed])
    assert.deepEqual(log.values.get(0), ['now1'])
  })

  it('that never answers does not keep close() for longer than it was given last', async () => {
    const { cluster, producer } = startProducing({ value: lateSerializer() })
    const lost = assert.rejects(producer.send({ topic: 't', value: 'late1' }), { code: 'CLOSED' })
    const closed = producer.close()
    await cluster.clock.advance(10)
    void producer.close({ timeoutMs: 5 })
    await cluster.clock.advance(6)
    await Promise.all([closed, lost])
  })

  it('may answer in memory that it uses again', async () => {
    const value = lateSerializer()
    const memory = Buffer.alloc(4)
    const { cluster, log, producer } = startProducing({ value, lingerMs: 0 })
    const sent = ['late1', 'late2', 'late3'].map((text) => producer.send({ topic: 't', value: text }))
    for (const [name, letter] of [
      ['late3', 'c'],
      ['late2', 'b'],
      ['late1', 'a'],
    ] as const) {
      value.finish.get(name)?.(memory.fill(letter))
      await settle()
    }
    await cluster.clock.advance(50)
    await Promise.all(sent)
    assert.deepEqual(log.values.get(0), ['aaaa', 'bbbb', 'cccc'])
    await producer.close()
  })
})
