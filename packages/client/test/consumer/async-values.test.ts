import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AsyncDeserializer } from '../../src/index.ts'
import { Kafka, SerializationError } from '../../src/index.ts'
import { FakePartitions } from '../support/fake-partitions.ts'

describe('a deserializer that takes its time', () => {
  it('is awaited by poll, and fails the record alone', async () => {
    const fake = new FakePartitions(1)
    fake.at(0).write('slow', 'bad', 'at once', 'worse')
    const asked: string[] = []
    const value: AsyncDeserializer<string> = {
      isAsync: true,
      deserialize: (data, topic) => {
        const text = data.toString()
        asked.push(`${topic} ${text}`)
        if (text === 'worse') throw new Error('no schema')
        if (text === 'at once') return text.toUpperCase()
        return new Promise((resolve, reject) => {
          fake.cluster.clock.setTimer(50, () => (text === 'bad' ? reject(new Error('no registry')) : resolve(text.toUpperCase())))
        })
      },
    }
    const { bootstrapServers, runtime } = fake.cluster
    const consumer = new Kafka({ bootstrapServers, runtime }).consumer({ value, autoOffsetReset: 'earliest' })
    await consumer.assign([{ topic: 't', partition: 0 }])
    const polled = consumer.poll(1000)
    await fake.cluster.clock.advance(20)
    assert.deepEqual(asked, ['t slow', 't bad', 't at once', 't worse'])
    await fake.cluster.clock.advance(60)
    const [slow, bad, atOnce, worse] = await polled
    assert.deepEqual([slow?.value, atOnce?.value, slow?.key], ['SLOW', 'AT ONCE', null])
    const failed = (message: RegExp) => (error: unknown) => error instanceof SerializationError && message.test(error.message)
    for (let i = 0; i < 2; i++) assert.throws(() => bad?.value, failed(/value of t-0 at offset 1 cannot be deserialised: no registry/))
    assert.throws(() => worse?.value, failed(/offset 3.*no schema/))
    assert.equal(bad?.valueBytes?.toString(), 'bad')
    assert.equal(asked.length, 4)
    await consumer.close()
  })
})
