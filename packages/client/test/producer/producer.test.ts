import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import type { ProduceRequest, ProduceResponseInput } from '@odradek/protocol'
import { ErrorCodes, initProducerId, metadata, produce, readBatchHeader } from '@odradek/protocol'
import type { KafkaError, Producer, ProducerOptions } from '../../src/index.ts'
import { BrokerError, Kafka, SendBatchError, string, TimeoutError } from '../../src/index.ts'
import { partitionOfKey } from '../../src/producer/key-hash.ts'
import { FakeCluster, hangUp, noAnswer } from '../support/fake-cluster.ts'
import { settle } from '../support/manual-clock.ts'

interface Sent {
  readonly partition: number
  readonly baseSequence: number
  readonly producerEpoch: number
  readonly recordCount: number
}

/** The batches of a request, in its order. */
function batchesOf(request: ProduceRequest): Sent[] {
  return request.topicData.flatMap(({ partitionData }) =>
    partitionData.map(({ index, records }) => {
      assert.ok(records)
      const { baseSequence, producerEpoch, recordCount } = readBatchHeader(records, 0)
      return { partition: index, baseSequence, producerEpoch, recordCount }
    }),
  )
}

function answer(request: ProduceRequest, errorCode = 0, baseOffset = 0): ProduceResponseInput {
  return {
    responses: request.topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: errorCode === 0 ? baseOffset : -1 })),
    })),
  }
}

function start(options: ProducerOptions<string, string> = {}, nodes = [1]): { cluster: FakeCluster; producer: Producer<string, string> } {
  const cluster = new FakeCluster(nodes)
  cluster.topics.set('t', [1, 1, 1])
  const kafka = new Kafka({ bootstrapServers: cluster.bootstrapServers, runtime: cluster.runtime })
  return { cluster, producer: kafka.producer({ key: string, value: string, ...options }) }
}

async function rejection(promise: Promise<unknown>): Promise<KafkaError> {
  return promise.then(
    () => assert.fail('it resolved'),
    (error: KafkaError) => error,
  )
}

describe('producer', () => {
  it('waits for linger.ms, then sends one batch for all', async () => {
    const { cluster, producer } = start({ lingerMs: 20 })
    let offset = 40
    cluster.on(produce, (request) => answer(request, 0, (offset += 2)))
    const sent = [0, 1].map((index) => producer.send({ topic: 't', partition: 2, value: `v${index}` }))
    await cluster.clock.advance(15)
    assert.equal(cluster.of(produce).length, 0)
    await cluster.clock.advance(10)
    const places = await Promise.all(sent)
    assert.deepEqual(
      places.map(({ topic, partition, offset: at }) => [topic, partition, at]),
      [
        ['t', 2, 42],
        ['t', 2, 43],
      ],
    )
    assert.deepEqual(batchesOf(cluster.of(produce)[0] as ProduceRequest), [
      { partition: 2, baseSequence: 0, producerEpoch: 0, recordCount: 2 },
    ])
    await producer.close()
  })

  it('sends a full batch at once and numbers the records of a partition', async () => {
    const { cluster, producer } = start({ lingerMs: 1000, batchSize: 400 })
    cluster.on(produce, (request) => answer(request))
    for (let i = 0; i < 9; i++) void producer.send({ topic: 't', partition: 0, value: 'x'.repeat(100) })
    await cluster.clock.advance(1)
    const batches = cluster.of(produce).flatMap((request) => batchesOf(request))
    assert.ok(batches.length >= 2)
    let next = 0
    for (const { baseSequence, recordCount } of batches) {
      assert.equal(baseSequence, next)
      next += recordCount
    }
    await producer.close()
  })

  it('keeps at most max.in.flight requests at a broker', async () => {
    const { cluster, producer } = start({ lingerMs: 0, batchSize: 200, maxInFlightRequestsPerConnection: 2 })
    const release: (() => void)[] = []
    cluster.on(
      produce,
      (request) =>
        new Promise((resolve) => {
          release.push(() => resolve(answer(request)))
        }),
    )
    const all = Array.from({ length: 10 }, () => producer.send({ topic: 't', partition: 0, value: 'x'.repeat(90) }))
    await cluster.clock.advance(1)
    assert.equal(cluster.of(produce).length, 1)
    release.shift()?.()
    await settle()
    assert.equal(cluster.of(produce).length, 3)
    while (release.length > 0) {
      release.shift()?.()
      await settle()
    }
    await Promise.all(all)
    await producer.close()
  })

  it('retries in order when the first of several batches fails', async () => {
    const { cluster, producer } = start({ lingerMs: 0, batchSize: 150 })
    let seen = 0
    let refused = 0
    const accepted: number[] = []
    cluster.on(produce, (request) => {
      const [batch] = batchesOf(request)
      assert.ok(batch)
      if (seen++ === 1) return answer(request, ErrorCodes.NOT_ENOUGH_REPLICAS)
      if (batch.baseSequence !== accepted.length) {
        refused++
        return answer(request, ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER)
      }
      for (let i = 0; i < batch.recordCount; i++) accepted.push(batch.baseSequence + i)
      return answer(request, 0, batch.baseSequence)
    })
    const all = Array.from({ length: 6 }, (_, index) => producer.send({ topic: 't', partition: 0, value: `${index}`.repeat(60) }))
    await cluster.clock.advance(5000)
    assert.deepEqual(
      (await Promise.all(all)).map(({ offset }) => offset),
      [0, 1, 2, 3, 4, 5],
    )
    assert.ok(refused > 0)
    assert.equal(producer.metrics().find(({ name }) => name === 'record-send-total')?.value, 11)
    await producer.close()
  })

  it('resends after a broken connection with the same sequences', async () => {
    const { cluster, producer } = start({ lingerMs: 0 })
    let seen = 0
    cluster.on(produce, (request) => (seen++ === 0 ? hangUp : answer(request, 0, 9)))
    const sent = producer.send({ topic: 't', partition: 1, value: 'v' })
    await cluster.clock.advance(2000)
    assert.equal((await sent).offset, 9)
    const sequences = cluster.of(produce).map((request) => batchesOf(request)[0]?.baseSequence)
    assert.deepEqual(sequences, [0, 0])
    await producer.close()
  })

  it('follows a leader that has moved', async () => {
    const { cluster, producer } = start({ lingerMs: 0 }, [1, 2])
    cluster.on(produce, (request, { node }) => answer(request, node === 1 ? ErrorCodes.NOT_LEADER_OR_FOLLOWER : 0, 5))
    const sent = producer.send({ topic: 't', partition: 0, value: 'v' })
    await cluster.clock.advance(50)
    cluster.topics.set('t', [2, 2, 2])
    await cluster.clock.advance(3000)
    assert.equal((await sent).offset, 5)
    assert.equal(cluster.requests.filter(({ api, node }) => api.key === produce.key && node === 2).length, 1)
    await producer.close()
  })

  it('starts a new epoch when the broker has lost its state', async () => {
    const { cluster, producer } = start({ lingerMs: 0 })
    cluster.on(produce, (request) => {
      const [batch] = batchesOf(request)
      return answer(request, batch?.producerEpoch === 0 ? ErrorCodes.UNKNOWN_PRODUCER_ID : 0, 3)
    })
    const sent = producer.send({ topic: 't', partition: 0, value: 'v' })
    await cluster.clock.advance(3000)
    assert.equal((await sent).offset, 3)
    assert.deepEqual(
      cluster.of(produce).map((request) => batchesOf(request)[0]),
      [
        { partition: 0, baseSequence: 0, producerEpoch: 0, recordCount: 1 },
        { partition: 0, baseSequence: 0, producerEpoch: 1, recordCount: 1 },
      ],
    )
    await producer.close()
  })

  it('closes the gap behind a batch that was refused', async () => {
    const { cluster, producer } = start({ lingerMs: 0, batchSize: 1 })
    let seen = 0
    cluster.on(produce, (request) => answer(request, seen++ === 0 ? ErrorCodes.MESSAGE_TOO_LARGE : 0, 1))
    const refused = rejection(producer.send({ topic: 't', partition: 0, value: 'big' }))
    await cluster.clock.advance(10)
    const error = await refused
    assert.ok(error instanceof BrokerError)
    assert.equal(error.code, 'MESSAGE_TOO_LARGE')
    assert.match(error.message, /max\.message\.bytes/)
    const next = producer.send({ topic: 't', partition: 0, value: 'small' })
    await cluster.clock.advance(10)
    await next
    assert.equal(batchesOf(cluster.of(produce)[1] as ProduceRequest)[0]?.baseSequence, 0)
    await producer.close()
  })

  it('fails with the last cause after delivery.timeout.ms', async () => {
    const { cluster, producer } = start({ lingerMs: 0, requestTimeoutMs: 500, deliveryTimeoutMs: 2000 })
    cluster.on(produce, (request) => answer(request, ErrorCodes.NOT_ENOUGH_REPLICAS))
    const failed = rejection(producer.send({ topic: 't', partition: 0, value: 'v' }))
    await cluster.clock.advance(4000)
    const error = await failed
    assert.ok(error instanceof TimeoutError)
    assert.match(error.message, /delivery\.timeout\.ms.*t-0.*NOT_ENOUGH_REPLICAS/)
    assert.equal((error.cause as BrokerError).code, 'NOT_ENOUGH_REPLICAS')
    await producer.close()
  })

  it('fails a batch under way when no answer comes in time', async () => {
    const { cluster, producer } = start({ lingerMs: 0, requestTimeoutMs: 500, deliveryTimeoutMs: 1000 })
    cluster.on(produce, () => noAnswer)
    const failed = rejection(producer.send({ topic: 't', partition: 0, value: 'v' }))
    await cluster.clock.advance(3000)
    assert.ok((await failed) instanceof TimeoutError)
    await producer.close()
  })

  it('waits for room in buffer.memory, then fails after max.block.ms', async () => {
    const { cluster, producer } = start({ lingerMs: 0, batchSize: 1000, bufferMemory: 2000, maxBlockMs: 300 })
    let open = false
    const waiting: (() => void)[] = []
    cluster.on(produce, (request) => {
      if (open) return answer(request)
      return new Promise((resolve) => {
        waiting.push(() => resolve(answer(request)))
      })
    })
    const value = 'x'.repeat(900)
    const fits = [0, 1].map(() => producer.send({ topic: 't', partition: 0, value }))
    await cluster.clock.advance(1)
    const blocked = rejection(producer.send({ topic: 't', partition: 0, key: 'order 7', value }))
    await cluster.clock.advance(400)
    assert.match((await blocked).message, /buffer\.memory.*max\.block\.ms.*: 1 record to t-0 \(key "order 7"\)$/)
    const admitted = producer.send({ topic: 't', partition: 0, value })
    await cluster.clock.advance(100)
    open = true
    for (const release of waiting) release()
    await cluster.clock.advance(100)
    await Promise.all([...fits, admitted])
    await producer.close()
  })

  it('refuses all that have waited for max.block.ms at once, each by its name, and none before', async () => {
    const { cluster, producer } = start({ lingerMs: 0, batchSize: 1000, bufferMemory: 1000, maxBlockMs: 300 })
    cluster.on(produce, () => noAnswer)
    const value = 'x'.repeat(850)
    void rejection(producer.send({ topic: 't', value }))
    await cluster.clock.advance(1)
    const refused: string[] = []
    const send = (key: string) => producer.send({ topic: 't', key, value }).catch(({ message }: Error) => refused.push(message))
    for (let number = 0; number < 500; number++) void send(`early ${number}`)
    await cluster.clock.advance(100)
    void send('late')
    const timers = mock.method(cluster.clock, 'setTimer')
    await cluster.clock.advance(200)
    assert.ok(timers.mock.callCount() < 100, `${timers.mock.callCount()} timers for 500 records`)
    assert.deepEqual(
      refused.map((message) => message.slice(message.indexOf(': 1 record')).replace(/ t-[012] /, ' t-n ')),
      Array.from({ length: 500 }, (_, number) => `: 1 record to t-n (key "early ${number}")`),
    )
    await cluster.clock.advance(100)
    assert.equal(refused.length, 501)
    const closed = producer.close({ timeoutMs: 0 })
    await cluster.clock.advance(1)
    await closed
  })

  it('rejects a record over max.request.size, alone', async () => {
    const { cluster, producer } = start({ lingerMs: 0, maxRequestSize: 1000 })
    cluster.on(produce, (request) => answer(request))
    const results = Promise.allSettled([
      producer.send({ topic: 't', value: 'a' }),
      producer.send({ topic: 't', value: 'x'.repeat(2000) }),
      producer.send({ topic: 't', value: 'x'.repeat(900) }),
    ])
    await cluster.clock.advance(10)
    const [first, large, last] = await results
    assert.equal(first.status, 'fulfilled')
    assert.equal(last.status, 'fulfilled')
    assert.equal(large.status, 'rejected')
    assert.equal((large.reason as KafkaError).code, 'RECORD_TOO_LARGE')
    await producer.close()
  })

  it('names the failed records of a sendBatch and delivers the others', async () => {
    const { cluster, producer } = start({ lingerMs: 0, maxRequestSize: 1000 })
    cluster.on(produce, (request) => answer(request, 0, 100))
    const good = producer.sendBatch([0, 1, 2].map((index) => ({ topic: 't', partition: 0, value: `${index}` })))
    await cluster.clock.advance(10)
    const sent = await good
    assert.equal(sent.length, 3)
    assert.deepEqual(
      [...sent].map(({ offset }) => offset),
      [100, 101, 102],
    )
    assert.throws(() => sent.at(3), RangeError)
    const failed = rejection(producer.sendBatch(['a', 'x'.repeat(2000), 'b'].map((value) => ({ topic: 't', partition: 1, value }))))
    await cluster.clock.advance(10)
    const error = await failed
    assert.ok(error instanceof SendBatchError)
    assert.deepEqual(
      error.failures.map(({ index }) => index),
      [1],
    )
    assert.equal((await producer.sendBatch([])).length, 0)
    await producer.close()
  })

  it('flush sends what lingers and waits for it', async () => {
    const { cluster, producer } = start({ lingerMs: 60_000, requestTimeoutMs: 100 })
    cluster.on(produce, (request) => answer(request))
    let settled = 0
    for (let i = 0; i < 3; i++) void producer.send({ topic: 't', partition: i, value: 'v' }).then(() => settled++)
    await producer.flush()
    assert.equal(settled, 3)
    assert.equal(cluster.of(produce).length, 1)
    await producer.close()
  })

  it('asks for a producer id as one that has none', async () => {
    const { cluster, producer } = start()
    cluster.on(produce, (request) => answer(request))
    const sent = producer.send({ topic: 't', value: 'v' })
    await cluster.clock.advance(100)
    await sent
    const asked = cluster
      .of(initProducerId)
      .map((each) => [each.transactionalId, each.transactionTimeoutMs, each.producerId, each.producerEpoch])
    assert.deepEqual(asked, [[null, 2 ** 31 - 1, -1, -1]])
    await producer.close()
  })

  it('with acks 0 resolves without an answer and asks for no producer id', async () => {
    const { cluster, producer } = start({ lingerMs: 0, acks: '0' })
    cluster.on(produce, () => noAnswer)
    const sent = producer.send({ topic: 't', partition: 0, value: 'v' })
    await cluster.clock.advance(10)
    assert.equal((await sent).offset, -1)
    assert.equal(cluster.of(initProducerId).length, 0)
    assert.equal(cluster.of(produce)[0]?.acks, 0)
    await producer.close()
  })

  it('says how long it has waited for a cluster that does not answer', async () => {
    const { cluster, producer } = start({ lingerMs: 0, maxBlockMs: 1000 })
    cluster.on(metadata, () => noAnswer)
    const failed = rejection(producer.send({ topic: 't', value: 'v' }))
    await cluster.clock.advance(1500)
    assert.match((await failed).message, /^No metadata for topic 't' after 1\d\d\d ms/)
    await producer.close({ timeoutMs: 0 })
  })

  it('a topic that does not exist fails after max.block.ms and holds up no other', async () => {
    const { cluster, producer } = start({ lingerMs: 0, maxBlockMs: 1000 })
    cluster.on(produce, (request) => answer(request))
    const failed = rejection(producer.send({ topic: 'nope', value: 'v' }))
    const other = producer.send({ topic: 't', value: 'v' })
    await cluster.clock.advance(200)
    await other
    await cluster.clock.advance(1500)
    assert.match((await failed).message, /'nope'.*UNKNOWN_TOPIC_OR_PARTITION/)
    assert.ok(cluster.of(metadata).every(({ allowAutoTopicCreation }) => allowAutoTopicCreation))
    await producer.close()
  })

  it('close with a timeout gives up what is not done; nothing is taken afterwards', async () => {
    const { cluster, producer } = start({ lingerMs: 0 })
    cluster.on(produce, () => noAnswer)
    const lost = rejection(producer.send({ topic: 't', value: 'v' }))
    await cluster.clock.advance(10)
    const closed = producer.close({ timeoutMs: 100 })
    await cluster.clock.advance(200)
    await closed
    assert.equal((await lost).code, 'CLOSED')
    assert.equal((await rejection(producer.send({ topic: 't', value: 'v' }))).code, 'CLOSED')
  })

  it('spreads records without a key evenly, a full batch at a time', async () => {
    const { cluster, producer } = start({ lingerMs: 5, batchSize: 1000 })
    cluster.on(produce, (request) => answer(request))
    const counts = [0, 0, 0]
    const all: Promise<unknown>[] = []
    for (let i = 0; i < 3000; i++)
      all.push(
        producer.send({ topic: 't', value: 'x'.repeat(80) }).then(({ partition }) => (counts[partition] = (counts[partition] ?? 0) + 1)),
      )
    await cluster.clock.advance(100)
    await Promise.all(all)
    for (const count of counts) assert.ok(count > 950 && count < 1050, counts.join())
    assert.ok(cluster.of(produce).flatMap((request) => batchesOf(request)).length < 400)
    await producer.close()
  })

  it('starts a new epoch after a batch that may or may not be in the log', async () => {
    const { cluster, producer } = start({ lingerMs: 0, requestTimeoutMs: 500, deliveryTimeoutMs: 1000 })
    let isSilent = true
    cluster.on(produce, (request) => (isSilent ? noAnswer : answer(request)))
    const lost = rejection(producer.send({ topic: 't', partition: 0, value: 'v' }))
    await cluster.clock.advance(3000)
    assert.ok((await lost) instanceof TimeoutError)
    isSilent = false
    const next = producer.send({ topic: 't', partition: 0, value: 'w' })
    await cluster.clock.advance(1000)
    await next
    assert.deepEqual(batchesOf(cluster.of(produce).at(-1) as ProduceRequest), [
      { partition: 0, baseSequence: 0, producerEpoch: 1, recordCount: 1 },
    ])
    await producer.close()
  })

  it('fails what cannot even be sent after delivery.timeout.ms', async () => {
    const { cluster, producer } = start({ lingerMs: 0, requestTimeoutMs: 500, deliveryTimeoutMs: 1000 })
    cluster.topics.set('t', [9])
    const failed = rejection(producer.send({ topic: 't', partition: 0, value: 'v' }))
    await cluster.clock.advance(3000)
    assert.ok((await failed) instanceof TimeoutError)
    assert.equal(cluster.of(produce).length, 0)
    await producer.close()
  })

  it('gives up after as many retries as it may make', async () => {
    const { cluster, producer } = start({ lingerMs: 0, retries: 2 })
    cluster.on(produce, (request) => answer(request, ErrorCodes.NOT_ENOUGH_REPLICAS))
    const failed = rejection(producer.send({ topic: 't', partition: 0, value: 'v' }))
    await cluster.clock.advance(10_000)
    assert.equal((await failed).code, 'NOT_ENOUGH_REPLICAS')
    assert.equal(cluster.of(produce).length, 3)
    await producer.close()
  })

  it('takes a duplicate for delivered, at an offset that nobody knows', async () => {
    const { cluster, producer } = start({ lingerMs: 0 })
    cluster.on(produce, (request) => answer(request, ErrorCodes.DUPLICATE_SEQUENCE_NUMBER))
    const sent = producer.send({ topic: 't', partition: 0, value: 'v' })
    await cluster.clock.advance(10)
    assert.equal((await sent).offset, -1)
    await producer.close()
  })

  it('spreads batches over requests of max.request.size', async () => {
    const { cluster, producer } = start({ lingerMs: 5, maxRequestSize: 1000 })
    cluster.on(produce, (request) => answer(request))
    const all = [0, 1, 2].map((partition) => producer.send({ topic: 't', partition, value: 'x'.repeat(600) }))
    await cluster.clock.advance(20)
    await Promise.all(all)
    assert.deepEqual(
      cluster.of(produce).map((request) => batchesOf(request).length),
      [1, 1, 1],
    )
    await producer.close()
  })

  it('begins each batch anew, in the memory of an earlier one', async () => {
    const { cluster, producer } = start({ lingerMs: 0 })
    cluster.on(produce, (request) => answer(request))
    for (const value of ['a', 'b', 'c']) {
      const sent = producer.send({ topic: 't', partition: 0, value })
      await cluster.clock.advance(10)
      await sent
    }
    assert.deepEqual(
      cluster.of(produce).map((request) => batchesOf(request)[0]?.recordCount),
      [1, 1, 1],
    )
    await producer.close()
  })

  it('lets no record overtake one that waits for memory', async () => {
    const { cluster, producer } = start({ lingerMs: 0, batchSize: 1000, bufferMemory: 2000 })
    const release: (() => void)[] = []
    const arrived: string[] = []
    cluster.on(produce, (request) => {
      arrived.push(/([a-d])\1{99}/.exec(request.topicData[0]?.partitionData[0]?.records?.toString('latin1') ?? '')?.[1] ?? '?')
      return new Promise((resolve) => {
        release.push(() => resolve(answer(request)))
      })
    })
    const send = (letter: string): Promise<unknown> => producer.send({ topic: 't', partition: 0, value: letter.repeat(900) })
    const [first, ...others] = ['a', 'b', 'c'].map(send)
    await cluster.clock.advance(1)
    const last = first?.then(() => send('d'))
    while (arrived.length < 4 || release.length > 0) {
      release.shift()?.()
      await cluster.clock.advance(1)
    }
    await Promise.all([...others, last])
    assert.deepEqual(arrived, ['a', 'b', 'c', 'd'])
    await producer.close()
  })

  it('learns of partitions that are added to a topic', async () => {
    const { cluster, producer } = start({ lingerMs: 0, metadataMaxAgeMs: 1000 })
    cluster.on(produce, (request) => answer(request))
    const first = producer.send({ topic: 't', partition: 0, value: 'v' })
    await cluster.clock.advance(10)
    await first
    cluster.topics.set('t', [1, 1, 1, 1])
    // Whoever names one need not wait for metadata.max.age.ms.
    const added = producer.send({ topic: 't', partition: 3, value: 'v' })
    await cluster.clock.advance(10)
    assert.equal((await added).partition, 3)
    cluster.topics.set('t', [1, 1, 1, 1, 1])
    await cluster.clock.advance(2000)
    assert.equal((await producer.partitionsFor('t')).length, 5)
    const keyed = producer.send({ topic: 't', key: Array.from('abcdefgh').find((each) => partitionOfKey(each, 5) === 4), value: 'v' })
    await cluster.clock.advance(10)
    assert.equal((await keyed).partition, 4)
    await producer.close()
  })
})
