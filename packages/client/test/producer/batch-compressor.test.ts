import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ErrorCodes } from '@odradek/protocol'
import type { CodecName, Workers } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'
import { TimeoutError } from '../../src/index.ts'
import { settle } from '../support/manual-clock.ts'
import { startProducing } from '../support/producing.ts'

interface Task {
  readonly codec: CodecName
  readonly sizeBytes: number
  readonly level: number | undefined
  finish(error?: Error): void
}

/** Threads that finish when a test says so. */
function manualWorkers(): { readonly tasks: Task[]; readonly workers: Workers } {
  const tasks: Task[] = []
  const workers: Workers = {
    compress: (codec, data, level) => {
      const input = Uint8Array.from(data)
      return new Promise((resolve, reject) => {
        const finish = (error?: Error): void => (error === undefined ? resolve(gzipSync(input, { level: level ?? -1 })) : reject(error))
        tasks.push({ codec, sizeBytes: input.length, level, finish })
      })
    },
    decompress: () => Promise.reject(new Error('not here')),
    close: () => Promise.resolve(),
  }
  return { tasks, workers }
}

const value = (letter: string): string => letter.repeat(9000)

describe('compression of large batches', () => {
  it('is the threads’ work, and keeps the order of a partition whichever is done first', async () => {
    const { tasks, workers } = manualWorkers()
    const options = { workers, compressionType: 'gzip', compressionGzipLevel: 4, batchSize: 10_000, lingerMs: 0 } as const
    const { cluster, log, producer } = startProducing({ ...options, leaders: [1, 1] })
    const sent = ['a', 'b', 'c', 'd'].map((letter) => producer.send({ topic: 't', partition: 0, value: value(letter) }))
    const small = producer.send({ topic: 't', partition: 1, value: 'small' })
    await cluster.clock.advance(20)
    await small
    assert.equal(log.values.get(0), undefined)
    assert.ok(tasks.length >= 3 && tasks.every(({ codec, level }) => codec === 'gzip' && level === 4))
    for (const task of tasks.slice(1)) task.finish()
    await settle()
    assert.equal(log.values.get(0), undefined)
    tasks[0]?.finish()
    await cluster.clock.advance(100)
    for (const task of tasks) task.finish()
    await cluster.clock.advance(100)
    await Promise.all(sent)
    assert.deepEqual(log.values.get(0), ['a', 'b', 'c', 'd'].map(value))
    assert.equal(tasks.length, 4)
    await producer.close()
  })

  it('is not done again for another attempt, nor for another number', async () => {
    const { tasks, workers } = manualWorkers()
    let refusals = 0
    const { cluster, log, producer } = startProducing({
      workers,
      compressionType: 'gzip',
      lingerMs: 0,
      refuse: () =>
        refusals++ < 2 ? { errorCode: refusals === 1 ? ErrorCodes.NOT_ENOUGH_REPLICAS : ErrorCodes.UNKNOWN_PRODUCER_ID } : undefined,
    })
    const sent = producer.send({ topic: 't', value: value('a') })
    await cluster.clock.advance(10)
    tasks[0]?.finish()
    await cluster.clock.advance(2000)
    await sent
    assert.deepEqual(
      log.received.map(({ producerEpoch }) => producerEpoch),
      [0, 0, 1],
    )
    assert.equal(tasks.length, 1)
    await producer.close()
  })

  it('goes on without threads when they fail', async () => {
    const { tasks, workers } = manualWorkers()
    const { cluster, log, producer } = startProducing({ workers, compressionType: 'gzip', lingerMs: 0 })
    const sent = producer.send({ topic: 't', value: value('a') })
    await cluster.clock.advance(10)
    tasks[0]?.finish(new Error('no threads'))
    await cluster.clock.advance(10)
    await sent
    assert.deepEqual(log.values.get(0), [value('a')])
    await producer.close()
  })

  it('is that of small ones too at levels that are slow whatever the size', async () => {
    for (const [compressionZstdLevel, offThread] of [
      [9, 0],
      [10, 1],
      [22, 1],
    ] as const) {
      const { tasks, workers } = manualWorkers()
      const { cluster, producer } = startProducing({ workers, compressionType: 'zstd', compressionZstdLevel, lingerMs: 0 })
      await cluster.runtime.codecs.load('zstd')
      const sent = producer.send({ topic: 't', value: 'small' }).catch(() => undefined)
      await cluster.clock.advance(10)
      assert.equal(tasks.length, offThread)
      const closed = producer.close({ timeoutMs: 0 })
      await cluster.clock.advance(1)
      await Promise.all([closed, sent])
    }
  })

  it('does not outlive delivery.timeout.ms', async () => {
    const { tasks, workers } = manualWorkers()
    const { cluster, log, producer } = startProducing({
      workers,
      compressionType: 'gzip',
      lingerMs: 0,
      requestTimeoutMs: 500,
      deliveryTimeoutMs: 500,
    })
    const lost = assert.rejects(producer.send({ topic: 't', value: value('a') }), TimeoutError)
    await cluster.clock.advance(1000)
    await lost
    tasks[0]?.finish()
    await cluster.clock.advance(10)
    assert.equal(log.received.length, 0)
    await producer.close()
  })

  it('takes a record that comes meanwhile into another batch', async () => {
    const { tasks, workers } = manualWorkers()
    const { cluster, log, producer } = startProducing({ workers, compressionType: 'gzip', lingerMs: 0, batchSize: 30_000 })
    const first = producer.send({ topic: 't', value: value('a') })
    await cluster.clock.advance(10)
    const second = producer.send({ topic: 't', value: 'b' })
    await cluster.clock.advance(10)
    tasks[0]?.finish()
    await cluster.clock.advance(10)
    await Promise.all([first, second])
    assert.deepEqual(
      log.received.map(({ recordCount }) => recordCount),
      [1, 1],
    )
    await producer.close()
  })

  for (const [compressionType, smallBytes] of [
    ['gzip', 4000],
    ['zstd', 20_000],
    ['snappy', 100_000],
    ['lz4', 100_000],
  ] as const) {
    it(`leaves a ${compressionType} batch of ${smallBytes} bytes to the event loop, one of 1 MB to real threads`, async () => {
      const { workers: real } = createNodeRuntime()
      let offThread = 0
      const workers: Workers = { ...manualWorkers().workers, compress: (...task) => (offThread++, real.compress(...task)) }
      const { cluster, log, producer } = startProducing({ workers, compressionType, lingerMs: 0, batchSize: 1_000_000 })
      await cluster.runtime.codecs.load(compressionType)
      for (const [index, size] of [smallBytes, 900_000].entries()) {
        let isDone = false
        const sent = producer.send({ topic: 't', value: 'x'.repeat(size) }).then(() => (isDone = true))
        // The thread works in time of its own.
        while (!isDone) await cluster.clock.advance(1)
        await sent
        assert.equal(offThread, index)
      }
      assert.deepEqual(
        log.values.get(0)?.map(({ length }) => length),
        [smallBytes, 900_000],
      )
      await producer.close()
      await real.close()
    })
  }
})
