import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { produce } from '@odradek/protocol'
import type { Producer, ProducerOptions } from '../../src/index.ts'
import { noAnswer } from '../support/fake-cluster.ts'
import type { Producing } from '../support/producing.ts'
import { startProducing } from '../support/producing.ts'
import type { SequencedLog } from '../support/sequenced-log.ts'

function start(leaders: number[], options: ProducerOptions<string, string>): Producing {
  return startProducing({ leaders, ...options })
}

function sendMany(producer: Producer<string, string>, count: number, value: string, key: string | null = null): Promise<unknown> {
  return Promise.allSettled(Array.from({ length: count }, () => producer.send({ topic: 't', key, value })))
}

function recordsByPartition(log: SequencedLog, partitions: number): number[] {
  return Array.from({ length: partitions }, (_, partition) => log.values.get(partition)?.length ?? 0)
}

describe('records without a key', () => {
  for (const [options, bursts] of [
    [{ partitionerClass: 'sticky' }, 12],
    [{ partitionerAdaptivePartitioningEnable: false }, 12],
    // Whose queue was longer when decides here too: that evens out over more records.
    [{}, 48],
  ] as const) {
    it(`are spread within 5 % in full batches at load, ${JSON.stringify(options)}`, async () => {
      const { cluster, log, producer } = start([1, 1, 1, 1, 1, 1], { ...options, batchSize: 4096, lingerMs: 5 })
      for (let burst = 0; burst < bursts; burst++) {
        void sendMany(producer, 1000, 'x'.repeat(150))
        await cluster.clock.advance(20)
      }
      await producer.close()
      const counts = recordsByPartition(log, 6)
      for (const count of counts) assert.ok(Math.abs(count * 6 - bursts * 1000) <= bursts * 50, counts.join())
      const full = log.received.filter(({ sizeBytes }) => sizeBytes > 3900).length
      assert.ok(full > log.received.length * 0.9, `${full} of ${log.received.length}`)
    })
  }

  it('stay with a partition over batches that linger sends early (KIP-794)', async () => {
    const { cluster, log, producer } = start([1, 1, 1], { batchSize: 4000, lingerMs: 5 })
    for (let turn = 0; turn < 6; turn++) {
      void sendMany(producer, 6, 'x'.repeat(150))
      await cluster.clock.advance(20)
    }
    assert.equal(log.received.length, 6)
    assert.equal(recordsByPartition(log, 3).filter((count) => count > 0).length, 1)
    await producer.close()
  })

  it('go elsewhere with every batch when that is asked for (KIP-480)', async () => {
    const { cluster, log, producer } = start([1, 1, 1], { partitionerClass: 'sticky', batchSize: 4000, lingerMs: 5 })
    for (let turn = 0; turn < 6; turn++) {
      void sendMany(producer, 6, 'x'.repeat(150))
      await cluster.clock.advance(20)
    }
    assert.deepEqual(recordsByPartition(log, 3), [12, 12, 12])
    await producer.close()
  })

  it('and those with one: the hash decides but for uniform-sticky and partitioner.ignore.keys', async () => {
    for (const [options, partitions] of [
      [{ partitionerClass: 'sticky' }, 1],
      [{ partitionerClass: 'uniform-sticky' }, 3],
      [{ partitionerClass: 'sticky', partitionerIgnoreKeys: true }, 3],
    ] as const) {
      const { cluster, log, producer } = start([1, 1, 1], { ...options, lingerMs: 5 })
      for (let turn = 0; turn < 6; turn++) {
        void sendMany(producer, 2, 'v', 'key')
        await cluster.clock.advance(20)
      }
      assert.equal(recordsByPartition(log, 3).filter((count) => count > 0).length, partitions)
      await producer.close()
    }
  })
})

describe('a partition that an application names', () => {
  it('must be one, whether a record names it or a function', async () => {
    for (const wrong of [-1, 0.5, Number.NaN, '1', null, 3]) {
      const { producer } = start([1, 1, 1], { partitioner: ({ key }) => (key === 'wrong' ? (wrong as number) : undefined) })
      await producer.partitionsFor('t')
      await assert.rejects(producer.send({ topic: 't', key: 'wrong', value: 'v' }), {
        retriable: false,
        message: `The partitioner answered ${wrong} for a record to 't', not 0 to 2 or undefined`,
      })
      if (wrong !== 3 && wrong !== null) {
        const named = producer.send({ topic: 't', partition: wrong as number, value: 'v' })
        await assert.rejects(named, { code: 'SERIALIZATION', retriable: false })
      }
      await producer.close()
    }
  })

  it('may be a region’s, or that of what is urgent', async () => {
    const regions = ['eu', 'us', 'asia']
    const { cluster, log, producer } = start([1, 1, 1, 1], {
      partitioner: ({ key, value, partitionCount }) => (value === 'urgent' ? partitionCount - 1 : regions.indexOf(key ?? '')),
    })
    const sent = [
      ['us', 'order'],
      ['eu', 'urgent'],
      ['asia', 'order'],
      ['eu', 'order'],
    ].map(([key, value]) => producer.send({ topic: 't', key, value: value ?? null }))
    await cluster.clock.advance(50)
    assert.deepEqual(
      (await Promise.all(sent)).map(({ partition }) => partition),
      [1, 3, 2, 0],
    )
    assert.equal(log.values.size, 4)
    await producer.close()
  })
})

describe('a slow broker', () => {
  /** Records that waited for node 2, which answers nothing, and for node 1, after so many. */
  async function waiting(options: ProducerOptions<string, string>): Promise<number> {
    const { cluster, log, producer } = start([1, 2], { batchSize: 1000, lingerMs: 0, enableIdempotence: false, ...options })
    cluster.on(produce, (request, { node }) => (node === 1 ? log.answer(request) : noAnswer))
    const all: Promise<unknown>[] = []
    for (let burst = 0; burst < 200; burst++) {
      all.push(sendMany(producer, 10, 'x'.repeat(90)))
      await cluster.clock.advance(10)
    }
    const written = recordsByPartition(log, 2)[0] ?? 0
    const closed = producer.close({ timeoutMs: 1 })
    await cluster.clock.advance(1)
    await closed
    await Promise.all(all)
    return 2000 - written
  }

  it('gets less and less, none once it is unavailable, half when nothing is to adapt', async () => {
    const even = await waiting({ partitionerAdaptivePartitioningEnable: false })
    const adaptive = await waiting({})
    const available = await waiting({ partitionerAvailabilityTimeoutMs: 200 })
    assert.ok(even > 900, `even ${even}`)
    assert.ok(adaptive < 300, `adaptive ${adaptive}`)
    assert.ok(available < adaptive / 2, `with a timeout ${available}, without ${adaptive}`)
  })
})
