import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProduceRequest } from '@odradek/protocol'
import { metadata, produce, RecordCursor, readBatchHeader, recordsSection } from '@odradek/protocol'
import type { Partitioner, ProducerRecord } from '../../src/index.ts'
import { noAnswer } from '../support/fake-cluster.ts'
import { startProducing } from '../support/producing.ts'

/** All of its answers are in the same memory. */
function sharedBuffer(): { calls: number; serialize(value: string): Buffer } {
  const memory = Buffer.alloc(2000)
  return {
    calls: 0,
    serialize(value) {
      this.calls++
      memory.fill(0)
      return memory.subarray(0, memory.write(value))
    },
  }
}

/** The headers and timestamps of the records in a request to one partition. */
function recordsOf(request: ProduceRequest | undefined): { readonly header: string | undefined; readonly timestampMs: number }[] {
  const bytes = request?.topicData[0]?.partitionData[0]?.records
  assert.ok(bytes)
  const header = readBatchHeader(bytes, 0)
  const cursor = new RecordCursor()
  cursor.reset(bytes, 0, header, recordsSection(bytes, 0, header))
  const records: { header: string | undefined; timestampMs: number }[] = []
  while (cursor.next()) records.push({ header: cursor.headers()[0]?.value?.toString(), timestampMs: cursor.timestampMs })
  return records
}

describe('a record is taken when it is sent', () => {
  it('though it waits for metadata and its objects are used again', async () => {
    const value = sharedBuffer()
    const { cluster, log, producer } = startProducing({ value, lingerMs: 0 })
    const header = Buffer.from('h1')
    const record = { topic: 't', value: 'v1', headers: [{ key: 'h', value: header }] }
    const sent = [producer.send(record)]
    header.write('h2')
    record.value = 'v2'
    sent.push(
      producer.send(record),
      producer.sendBatch([record]).then(([metadata]) => metadata as never),
    )
    header.write('xx')
    record.value = 'v3'
    const sentMs = cluster.clock.nowMs()
    await cluster.clock.advance(20)
    await Promise.all(sent)
    assert.deepEqual(log.values.get(0), ['v1', 'v2', 'v2'])
    assert.deepEqual(
      recordsOf(cluster.of(produce)[0]),
      ['h1', 'h2', 'h2'].map((text) => ({ header: text, timestampMs: sentMs })),
    )
    assert.equal(value.calls, 3)
    await producer.close()
  })

  it('serialised and placed once, though it waits for room over and over', async () => {
    const value = sharedBuffer()
    const asked: string[] = []
    const partitioner: Partitioner<string, string> = (context) => {
      asked.push(context.value ?? '')
      return context.value?.startsWith('1') === true ? undefined : asked.length % 2
    }
    const { cluster, log, producer } = startProducing({
      leaders: [1, 1],
      value,
      partitioner,
      batchSize: 1000,
      bufferMemory: 2000,
      lingerMs: 0,
    })
    await producer.partitionsFor('t')
    const values = Array.from({ length: 60 }, (_, index) => `${index} `.padEnd(300))
    const records = values.map((text) => ({ topic: 't', value: text }))
    const sent = Promise.all(records.map((record) => producer.send(record)))
    // The partitioner sees each as it was, too.
    for (const record of records) record.value = 'changed'
    await cluster.clock.advance(1000)
    await sent
    assert.equal(value.calls, 60)
    assert.deepEqual(asked, values)
    const written = [...(log.values.get(0) ?? []), ...(log.values.get(1) ?? [])]
    assert.deepEqual(written.toSorted(), values.toSorted())
    await producer.close()
  })

  it('or is refused then, though others wait before it', async () => {
    const { cluster, producer } = startProducing({ maxRequestSize: 500, batchSize: 300, bufferMemory: 600 })
    cluster.on(produce, () => noAnswer)
    void Promise.allSettled(Array.from({ length: 4 }, () => producer.send({ topic: 't', value: 'x'.repeat(200) })))
    await cluster.clock.advance(10)
    await assert.rejects(producer.send({ topic: 't', value: 'x'.repeat(600) }), { code: 'RECORD_TOO_LARGE' })
    await assert.rejects(producer.send({ topic: 't', value: 'x', timestamp: 0.5 }), { code: 'SERIALIZATION' })
    const closed = producer.close({ timeoutMs: 0 })
    await cluster.clock.advance(1)
    await closed
  })
})

describe('a record that cannot be sent fails alone', () => {
  for (const [what, topic] of [
    ['no topic', undefined],
    ['an empty topic', ''],
    ['a number for a topic', 5],
    ['a topic longer than a request can say', 'x'.repeat(40_000)],
  ] as const) {
    it(`for ${what}, however often it is tried`, async () => {
      const { cluster, log, producer } = startProducing({ lingerMs: 0 })
      const record = { topic, value: 'v' } as ProducerRecord<string, string>
      const good = producer.send({ topic: 't', value: 'before' })
      await assert.rejects(producer.send(record), { code: 'INVALID_TOPIC_EXCEPTION', retriable: false })
      await assert.rejects(producer.sendBatch([record]), { code: 'SEND_BATCH' })
      await assert.rejects(producer.partitionsFor(topic as string), { code: 'INVALID_TOPIC_EXCEPTION' })
      const next = producer.send({ topic: 't', value: 'after' })
      await cluster.clock.advance(50)
      await Promise.all([good, next])
      assert.deepEqual(log.values.get(0), ['before', 'after'])
      await producer.close()
    })
  }

  it('for no record at all', async () => {
    const { producer } = startProducing()
    // @ts-expect-error what no record is
    await assert.rejects(producer.send(undefined), { code: 'STATE' })
    await producer.close()
  })

  for (const [what, headers, message] of [
    ['a header without a name', [{ key: null, value: 'v' }], /name of a header must be a string, not null/],
    ['a header without a value', [{ key: 'trace' }], /value of the header 'trace' must be .*, not undefined/],
    ['a number in a header', { retries: Number.NaN }, /value of the header 'retries' must be .*, not NaN/],
    ['a Map of headers', new Map([['a', 'b']]), /must be a list of \{ key, value \} or an object, not a Map/],
    ['headers of text', 'a=b', /must be a list/],
  ] as const) {
    it(`for ${what}, and leaves no empty batch behind`, async () => {
      const { cluster, log, producer } = startProducing({ lingerMs: 0 })
      await producer.partitionsFor('t')
      const refused = producer.send({ topic: 't', value: 'v', headers: headers as never })
      await assert.rejects(refused, (error: Error & { code: string }) => error.code === 'SERIALIZATION' && message.test(error.message))
      const next = producer.send({ topic: 't', value: 'next' })
      await cluster.clock.advance(10)
      await next
      assert.deepEqual(log.values.get(0), ['next'])
      await producer.close()
    })
  }
})

describe('a partition that the topic does not have yet', () => {
  it('is waited for, in order, without holding up other records', async () => {
    const { cluster, log, producer } = startProducing({ leaders: [1, 1], lingerMs: 0 })
    const send = (partition: number, value: string) => producer.send({ topic: 't', partition, value })
    const early = [send(2, 'a'), send(0, 'x'), send(2, 'b')]
    await cluster.clock.advance(50)
    early.push(send(2, 'c'), send(1, 'y'))
    await cluster.clock.advance(50)
    assert.deepEqual([log.values.get(0), log.values.get(1), log.values.get(2)], [['x'], ['y'], undefined])
    cluster.topics.set('t', [1, 1, 1])
    let isFlushed = false
    void producer.flush().then(() => (isFlushed = true))
    await cluster.clock.advance(1200)
    await Promise.all([...early, send(2, 'd')])
    assert.ok(isFlushed)
    assert.deepEqual(log.values.get(2), ['a', 'b', 'c', 'd'])
    await producer.close()
  })

  it('fails its records after max.block.ms', async () => {
    const { cluster, log, producer } = startProducing({ leaders: [1, 1], maxBlockMs: 300, lingerMs: 0 })
    const refused = ['a', 'b'].map((value) =>
      assert.rejects(producer.send({ topic: 't', partition: 7, value }), {
        code: 'TIMEOUT',
        message: "Topic 't' has 2 partitions: there is no partition 7 after 300 ms: 1 record to t-7 (key null)",
      }),
    )
    await cluster.clock.advance(310)
    await Promise.all(refused)
    assert.equal(log.received.length, 0)
    await producer.close()
  })

  it('is not waited for after the end', async () => {
    const { cluster, producer } = startProducing()
    const lost = assert.rejects(producer.send({ topic: 't', partition: 7, value: 'v' }), { code: 'CLOSED' })
    await cluster.clock.advance(10)
    const closed = producer.close({ timeoutMs: 10 })
    await cluster.clock.advance(20)
    await Promise.all([closed, lost])
  })
})

describe('metadata that does not come', () => {
  it('is asked for once for all records to a topic that the broker refuses', async () => {
    const { cluster, producer } = startProducing()
    cluster.topics.clear()
    cluster.on(metadata, (request) => {
      const answer = cluster.describe(request)
      return { ...answer, topics: (answer.topics ?? []).map((topic) => ({ ...topic, errorCode: 17 })) }
    })
    const outcome = Promise.allSettled(Array.from({ length: 500 }, () => producer.send({ topic: 'a b', value: 'v' })))
    await cluster.clock.advance(10)
    for (const result of await outcome)
      assert.ok(result.status === 'rejected' && (result.reason as { code: string }).code === 'INVALID_TOPIC_EXCEPTION')
    assert.equal(cluster.of(metadata).length, 1)
    await producer.close()
  })

  it('is said once, with the broker that keeps silent', async () => {
    const { cluster, producer } = startProducing({ maxBlockMs: 1000, requestTimeoutMs: 1000 })
    cluster.on(metadata, () => noAnswer)
    const message = "No metadata for topic 't' after 1000 ms: no answer from fake:9001: 1 record to t (key null)"
    const failed = assert.rejects(producer.send({ topic: 't', value: 'v' }), { message })
    await cluster.clock.advance(1000)
    await failed
    await producer.close()
  })
})
