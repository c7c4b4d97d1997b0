/** What each key of the producer's configuration does: a key without an entry does not compile. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCodes, initProducerId, metadata, produce, readBatchHeader } from '@odradek/protocol'
import type { ProducerConfig } from '../../src/index.ts'
import { noAnswer } from '../support/fake-cluster.ts'
import type { Producing, ProducingOptions } from '../support/producing.ts'
import { startProducing } from '../support/producing.ts'
import { during, startInTransactions } from '../support/transactional-coordinator.ts'

/** Sends values to partition 0 and lets time pass; failures are the test's to see in the log. */
async function run(options: ProducingOptions, values: readonly string[], forMs = 200): Promise<Producing> {
  const producing = startProducing({ requestTimeoutMs: 1000, ...options })
  void Promise.allSettled(values.map((value) => producing.producer.send({ topic: 't', partition: 0, value })))
  await producing.cluster.clock.advance(forMs)
  return producing
}

async function end({ cluster, producer }: Producing): Promise<void> {
  const closed = producer.close({ timeoutMs: 0 })
  await cluster.clock.advance(1)
  await closed
}

/** What a run with the options comes to. */
async function seen<T>(
  options: ProducingOptions,
  values: readonly string[],
  look: (producing: Producing) => T,
  forMs?: number,
): Promise<T> {
  const producing = await run(options, values, forMs)
  const result = look(producing)
  await end(producing)
  return result
}

const batches = ({ log }: Producing): number => log.received.length
const text = (bytes: number): string => 'x'.repeat(bytes)
const retriable = (): { errorCode: number } => ({ errorCode: ErrorCodes.NOT_ENOUGH_REPLICAS })

/** One record's Produce request, whose codec is loaded in real time. */
async function firstRecords(options: ProducingOptions, value: string): Promise<Buffer> {
  const { cluster, producer } = startProducing(options)
  const sent = producer.send({ topic: 't', value })
  while (cluster.of(produce).length === 0) await cluster.clock.advance(1)
  await sent
  await producer.close()
  const records = cluster.of(produce)[0]?.topicData[0]?.partitionData[0]?.records
  assert.ok(records)
  return records
}

const entries = JSON.stringify(Array.from({ length: 120 }, (_, index) => ({ index, text: `number ${index * 7919}` })))
const size = async (options: ProducingOptions): Promise<number> => (await firstRecords(options, entries)).length

/** Partitions that records with one key go to, or without one. */
async function partitions(options: ProducingOptions, key: string | null, records: number): Promise<readonly number[]> {
  const producing = startProducing({ leaders: [1, 1, 1], lingerMs: 0, ...options })
  for (let index = 0; index < records; index++) {
    void producing.producer.send({ topic: 't', key, value: 'v' })
    await producing.cluster.clock.advance(10)
  }
  await end(producing)
  return producing.log.received.map(({ partition }) => partition)
}

/** Of the records sent to two nodes, how many went to the one that answers. */
async function toFastNode(options: ProducingOptions): Promise<number> {
  const { cluster, log, producer } = startProducing({ leaders: [1, 2], batchSize: 500, lingerMs: 0, enableIdempotence: false, ...options })
  cluster.on(produce, (request, { node }) => (node === 1 ? log.answer(request) : noAnswer))
  for (let burst = 0; burst < 100; burst++) {
    void Promise.allSettled(Array.from({ length: 5 }, () => producer.send({ topic: 't', value: text(90) })))
    await cluster.clock.advance(10)
  }
  const written = log.values.get(0)?.length ?? 0
  await end({ cluster, log, producer, warnings: [] })
  return written
}

const effects = {
  acks: async () => {
    const acks = (value: 'all' | '1' | '0') => seen({ acks: value }, ['v'], ({ cluster }) => cluster.of(produce)[0]?.acks)
    assert.deepEqual([await acks('all'), await acks('1'), await acks('0')], [-1, 1, 0])
  },
  enableIdempotence: async () => {
    const ids = (enableIdempotence: boolean) => seen({ enableIdempotence }, ['v'], ({ cluster }) => cluster.of(initProducerId).length)
    assert.deepEqual([await ids(true), await ids(false)], [1, 0])
  },
  batchSize: async () => {
    const values = Array.from({ length: 10 }, () => text(90))
    assert.deepEqual([await seen({ batchSize: 10_000 }, values, batches), await seen({ batchSize: 300 }, values, batches)], [1, 5])
  },
  lingerMs: async () => {
    const after10 = (lingerMs: number) => seen({ lingerMs }, ['v'], batches, 10)
    assert.deepEqual([await after10(5), await after10(50)], [1, 0])
  },
  bufferMemory: async () => {
    for (const [bufferMemory, withoutRoom] of [
      [2000, 3],
      [4000, 1],
      [9000, 0],
    ] as const) {
      const { cluster, producer, ...rest } = startProducing({ bufferMemory, batchSize: 1000, maxBlockMs: 50 })
      cluster.on(produce, () => noAnswer)
      const outcome = Promise.allSettled(Array.from({ length: 5 }, () => producer.send({ topic: 't', value: text(900) })))
      await cluster.clock.advance(100)
      await end({ cluster, producer, ...rest })
      const refused = (await outcome).filter((result) => result.status === 'rejected' && /buffer\.memory/.test(String(result.reason)))
      assert.equal(refused.length, withoutRoom)
    }
  },
  maxBlockMs: async () => {
    for (const maxBlockMs of [100, 400]) {
      const producing = startProducing({ maxBlockMs })
      producing.cluster.on(metadata, () => noAnswer)
      let isRefused = false
      producing.producer.send({ topic: 't', value: 'v' }).catch(() => (isRefused = true))
      await producing.cluster.clock.advance(200)
      assert.equal(isRefused, maxBlockMs === 100)
      await end(producing)
    }
  },
  maxRequestSize: async () => {
    const sent = (maxRequestSize: number) => seen({ maxRequestSize }, [text(500)], batches)
    assert.deepEqual([await sent(1000), await sent(400)], [1, 0])
  },
  maxInFlightRequestsPerConnection: async () => {
    for (const maxInFlightRequestsPerConnection of [1, 3]) {
      const producing = startProducing({ maxInFlightRequestsPerConnection, lingerMs: 0, batchSize: 100, enableIdempotence: false })
      producing.cluster.on(produce, () => noAnswer)
      void Promise.allSettled(Array.from({ length: 6 }, () => producing.producer.send({ topic: 't', value: text(90) })))
      await producing.cluster.clock.advance(10)
      assert.equal(producing.cluster.of(produce).length, maxInFlightRequestsPerConnection)
      await end(producing)
    }
  },
  deliveryTimeoutMs: async () => {
    for (const deliveryTimeoutMs of [1500, 9000]) {
      const producing = startProducing({ deliveryTimeoutMs, requestTimeoutMs: 1000, refuse: retriable })
      let message = ''
      producing.producer.send({ topic: 't', key: 'order 7', value: 'v' }).catch((error: unknown) => (message = String(error)))
      await producing.cluster.clock.advance(4000)
      if (deliveryTimeoutMs === 1500) assert.match(message, /delivery\.timeout\.ms.*1 record to t-0 \(key "order 7"\).*NOT_ENOUGH_REPLICAS/)
      else assert.equal(message, '')
      await end(producing)
    }
  },
  retries: async () => {
    const attempts = (retries: number) => seen({ retries, refuse: retriable }, ['v'], batches, 5000)
    assert.deepEqual([await attempts(0), await attempts(2)], [1, 3])
  },
  compressionType: async () => {
    for (const compressionType of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const records = await firstRecords({ compressionType }, text(200))
      assert.equal(readBatchHeader(records, 0).compression, compressionType)
    }
  },
  compressionGzipLevel: async () => {
    const bytes = (compressionGzipLevel: number) => size({ compressionType: 'gzip', compressionGzipLevel })
    assert.ok((await bytes(1)) > (await bytes(9)))
  },
  compressionZstdLevel: async () => {
    const bytes = (compressionZstdLevel: number) => size({ compressionType: 'zstd', compressionZstdLevel })
    assert.ok((await bytes(-50)) > (await bytes(9)))
  },
  partitionerClass: async () => {
    assert.deepEqual(new Set(await partitions({ partitionerClass: 'default' }, null, 6)).size, 1)
    assert.deepEqual(new Set((await partitions({ partitionerClass: 'sticky' }, null, 6)).slice(0, 3)).size, 3)
    assert.deepEqual(new Set((await partitions({ partitionerClass: 'uniform-sticky' }, 'k', 6)).slice(0, 3)).size, 3)
    assert.deepEqual(await partitions({ partitionerClass: 'round-robin' }, 'k', 6), [0, 1, 2, 0, 1, 2])
  },
  partitionerIgnoreKeys: async () => {
    const places = (partitionerIgnoreKeys: boolean) => partitions({ partitionerIgnoreKeys, partitionerClass: 'sticky' }, 'k', 3)
    assert.deepEqual([new Set(await places(false)).size, new Set(await places(true)).size], [1, 3])
  },
  partitionerAdaptivePartitioningEnable: async () => {
    const adaptive = await toFastNode({})
    const even = await toFastNode({ partitionerAdaptivePartitioningEnable: false })
    assert.ok(adaptive > even + 100, `${adaptive} and ${even} of 500`)
  },
  partitionerAvailabilityTimeoutMs: async () => {
    const never = await toFastNode({})
    const soon = await toFastNode({ partitionerAvailabilityTimeoutMs: 50 })
    assert.ok(soon > never, `${soon} and ${never} of 500`)
  },
  metadataMaxIdleMs: async () => {
    const asked = async (metadataMaxIdleMs: number): Promise<readonly string[]> => {
      const { cluster, producer } = startProducing({ metadataMaxIdleMs, metadataMaxAgeMs: 4000 })
      const sent = producer.send({ topic: 't', value: 'v' })
      await cluster.clock.advance(20_000)
      await sent
      await producer.close()
      return (
        cluster
          .of(metadata)
          .at(-1)
          ?.topics?.map(({ name }) => name ?? '') ?? []
      )
    }
    assert.deepEqual([await asked(60_000), await asked(5000)], [['t'], []])
  },
  transactionalId: async () => {
    const world = startInTransactions({ protocol: 2, transactionalId: 'mine' })
    await during(world, world.producer.initTransactions())
    assert.equal(world.cluster.of(initProducerId)[0]?.transactionalId, 'mine')
    await world.producer.close()
  },
  transactionTimeoutMs: async () => {
    const world = startInTransactions({ protocol: 2, transactionTimeoutMs: 12_345 })
    await during(world, world.producer.initTransactions())
    assert.equal(world.cluster.of(initProducerId)[0]?.transactionTimeoutMs, 12_345)
    await world.producer.close()
  },
} satisfies Record<keyof ProducerConfig, () => Promise<void>>

describe('each key of the producer’s configuration has its effect', () => {
  for (const [name, effect] of Object.entries(effects)) it(name, effect)
})
