/** What compaction takes and what it leaves: superseded records, tombstones, transactions, sequences. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchLayout } from '@odradek/protocol'

import type { LogConfig } from '../../../src/storage/log-config.ts'
import type { Opened } from './support.ts'
import { contents, filesOf, logBytes, simulate } from './support.ts'
import { batchOf, markerOf, produce } from '../support.ts'

const lagMs = 600_000

/** Fills the active segment up, so that all before it may be cleaned. */
async function roll({ partition, runtime }: Opened): Promise<void> {
  const base = partition.logEndOffset
  await produce(partition, batchOf(runtime, [{ key: 'filler', value: `${base}`.padEnd(280, '.') }]))
  await produce(partition, batchOf(runtime, [{ key: 'filler', value: `${base}`.padEnd(280, '.') }]))
}

async function put(opened: Opened, ...pairs: [key: string, value: string | null][]): Promise<void> {
  for (const [key, value] of pairs) await produce(opened.partition, batchOf(opened.runtime, [{ key, value }]))
}

async function survivors(opened: Opened): Promise<string[]> {
  const { records } = await contents(opened)
  return records.filter(({ key }) => key !== 'filler').map(({ offset, key, value }) => `${offset}:${key}=${value}`)
}

test('only the last record of each key stays, at its offset, and the active segment is left alone', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open()
    await put(opened, ['a', '1'], ['b', '1'], ['a', '2'], ['c', '1'], ['a', '3'], ['b', '2'])
    await roll(opened)
    await opened.manager.checkpoint()
    assert.equal(await opened.manager.compact(), 1)
    assert.deepEqual(await survivors(opened), ['3:c=1', '4:a=3', '5:b=2'])
    const before = logBytes(simulation)
    await put(opened, ['a', '4'], ['a', '5'])
    await opened.manager.checkpoint()
    await opened.manager.compact()
    assert.deepEqual((await survivors(opened)).slice(-2), ['8:a=4', '9:a=5'])
    assert.ok(logBytes(simulation) < before + 500)
    assert.equal(opened.partition.logStartOffset, 0)
    await opened.close()
    const again = await open()
    assert.deepEqual(await survivors(again), ['3:c=1', '4:a=3', '5:b=2', '8:a=4', '9:a=5'])
    await again.close()
  })
})

test('a tombstone hides its key, is given a horizon by the first pass, and goes with a pass after it', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open({ config: { deleteRetentionMs: 1000 } })
    await put(opened, ['a', '1'], ['a', null], ['b', '1'])
    await roll(opened)
    await opened.manager.checkpoint()
    await opened.manager.compact()
    assert.deepEqual(await survivors(opened), ['1:a=null', '2:b=1'])
    const marked = (await contents(opened)).headers.filter(({ attributes }) => (attributes & batchLayout.DELETE_HORIZON_BIT) !== 0)
    assert.deepEqual(
      marked.map(({ baseOffset }) => baseOffset),
      [1],
    )
    const horizonMs = marked[0]?.baseTimestamp ?? 0
    assert.ok(horizonMs > simulation.runtime('broker').clock.nowMs())
    assert.ok((marked[0]?.maxTimestamp ?? 0) < horizonMs, 'records keep their own time')
    await roll(opened)
    await opened.manager.checkpoint()
    await opened.manager.compact()
    assert.deepEqual(await survivors(opened), ['1:a=null', '2:b=1'], 'the horizon has not come')
    await simulation.sleep(1500)
    await roll(opened)
    await opened.manager.checkpoint()
    await opened.manager.compact()
    assert.deepEqual(await survivors(opened), ['2:b=1'])
    await opened.close()
  })
})

test('batches are compressed as they were, and keep base offset, last offset, producer and sequence', async () => {
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    await simulate(async (_simulation, open) => {
      const opened = await open({ config: { segmentBytes: 1000 } })
      const { partition, runtime, manager } = opened
      await runtime.codecs.load(codec)
      const records = ['a', 'b', 'a', 'c', 'd'].map((key, at) => ({ key, value: `value ${at}` }))
      await produce(partition, batchOf(runtime, records, { codec, producerId: 7, producerEpoch: 2, baseSequence: 0 }))
      await produce(partition, batchOf(runtime, [{ key: 'd', value: 'last' }], { codec, producerId: 7, producerEpoch: 2, baseSequence: 5 }))
      for (let at = 0; at < 4; at++) await roll(opened)
      await manager.checkpoint()
      await manager.compact()
      assert.deepEqual(await survivors(opened), ['1:b=value 1', '2:a=value 2', '3:c=value 3', '5:d=last'])
      const [first] = (await contents(opened)).headers
      assert.deepEqual(
        [
          first?.baseOffset,
          first?.lastOffset,
          first?.recordCount,
          first?.compression,
          first?.producerId,
          first?.producerEpoch,
          first?.baseSequence,
        ],
        [0, 4, 3, codec, 7, 2, 0],
      )
      await opened.close()
    })
  }
})

test("a producer's last sequence outlives its records, until the producer is forgotten", async () => {
  await simulate(async (simulation, open) => {
    const opened = await open()
    const idempotent = (sequence: number): Buffer =>
      batchOf(opened.runtime, [{ key: 'a', value: `${sequence}` }], { producerId: 9, producerEpoch: 0, baseSequence: sequence })
    for (let sequence = 0; sequence < 3; sequence++) await produce(opened.partition, idempotent(sequence))
    await put(opened, ['a', 'final'])
    await roll(opened)
    await opened.manager.checkpoint()
    await opened.manager.compact()
    const empty = (await contents(opened)).headers.filter(({ recordCount }) => recordCount === 0)
    assert.deepEqual(
      empty.map(({ baseOffset, baseSequence, baseTimestamp }) => [baseOffset, baseSequence, baseTimestamp]),
      [[2, 2, -1]],
    )
    await opened.close()
    for (const path of simulation.disk('broker').paths()) {
      if (path.endsWith('.snapshot')) await simulation.runtime('broker').files.remove(path)
    }
    await simulation.runtime('broker').files.remove('/data/recovery-point-offset-checkpoint')
    await simulation.runtime('broker').files.remove('/data/.kafka_cleanshutdown')
    const again = await open()
    assert.equal((await produce(again.partition, idempotent(4))).errorCode, 45, 'out of order: the last one is known')
    assert.equal((await produce(again.partition, idempotent(3))).errorCode, 0)
    await again.close()
  })
})

test('aborted data goes at once, markers once their data is gone and the horizon past, and readers never see it', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open({ config: { deleteRetentionMs: 1000 } })
    const { partition, runtime, manager } = opened
    const inTransaction = async (producerId: number, sequence: number, key: string, value: string): Promise<void> => {
      partition.admit(producerId, { producerEpoch: 0, errorCode: 0, beginsAtZero: false })
      const batch = batchOf(runtime, [{ key, value }], { producerId, producerEpoch: 0, baseSequence: sequence, isTransactional: true })
      assert.equal((await produce(partition, batch)).errorCode, 0)
    }
    const end = async (type: 'COMMIT' | 'ABORT', producerId: number): Promise<void> => {
      const result = partition.append(markerOf(runtime, type, producerId, 0), { origin: 'coordinator' })
      assert.equal(result.errorCode, 0)
      await partition.whenDurable(result.lastOffset)
    }
    await inTransaction(1, 0, 'a', 'committed')
    await end('COMMIT', 1)
    await inTransaction(2, 0, 'a', 'aborted')
    await inTransaction(2, 1, 'b', 'aborted')
    await end('ABORT', 2)
    await inTransaction(1, 1, 'c', 'committed')
    await end('COMMIT', 1)
    await inTransaction(2, 2, 'd', 'committed')
    await end('COMMIT', 2)
    await roll(opened)
    const clean = async (): Promise<string[]> => {
      await manager.checkpoint()
      await manager.compact()
      return await survivors(opened)
    }
    assert.deepEqual(await clean(), ['0:a=committed', '5:c=committed', '7:d=committed'], 'the abort does not supersede what was committed')
    const markers = async (): Promise<number[]> =>
      (await contents(opened)).headers.filter(({ isControl }) => isControl).map(({ baseOffset }) => baseOffset)
    assert.deepEqual(await markers(), [1, 4, 6, 8])
    await roll(opened)
    await clean()
    assert.deepEqual(await markers(), [1, 4, 6, 8], 'given a horizon, because nothing of the aborted transaction is left')
    await simulation.sleep(2000)
    await roll(opened)
    await clean()
    assert.deepEqual(await markers(), [1, 6, 8])
    const read = await partition.read({ offset: 0, maxBytes: 10_000, isolation: 'read_committed', minOneBatch: true })
    assert.deepEqual(read.abortedTransactions, [])
    await opened.close()
  })
})

test('nothing at or after the first open transaction is cleaned', async () => {
  await simulate(async (_simulation, open) => {
    const opened = await open()
    const { partition, runtime, manager } = opened
    await put(opened, ['a', '1'], ['a', '2'])
    await roll(opened)
    await put(opened, ['b', '1'], ['b', '2'])
    partition.admit(1, { producerEpoch: 0, errorCode: 0, beginsAtZero: false })
    await produce(partition, batchOf(runtime, [{ key: 'z' }], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    await put(opened, ['c', '1'], ['c', '2'])
    await roll(opened)
    await manager.checkpoint()
    await manager.compact()
    const left = await survivors(opened)
    assert.ok(!left.includes('0:a=1') && left.includes('7:c=1') && left.includes('8:c=2'))
    await opened.close()
  })
})

test('an aborted transaction over several segments leaves an index that readers can trust', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open()
    const { partition, runtime, manager } = opened
    partition.admit(3, { producerEpoch: 0, errorCode: 0, beginsAtZero: false })
    for (let sequence = 0; sequence < 4; sequence++) {
      const value = `${sequence}`.padEnd(150, '.')
      await produce(
        partition,
        batchOf(runtime, [{ key: `k${sequence}`, value }], {
          producerId: 3,
          producerEpoch: 0,
          baseSequence: sequence,
          isTransactional: true,
        }),
      )
      await put(opened, [`plain ${sequence}`, 'x'])
    }
    const marker = partition.append(markerOf(runtime, 'ABORT', 3, 0), { origin: 'coordinator' })
    await partition.whenDurable(marker.lastOffset)
    await roll(opened)
    await manager.checkpoint()
    await manager.compact()
    const left = (await contents(opened)).headers.filter(({ producerId, isControl }) => producerId === 3 && !isControl)
    assert.deepEqual(
      left.map(({ recordCount, baseSequence }) => [recordCount, baseSequence]),
      [[0, 3]],
      'its last batch, without the record',
    )
    assert.deepEqual(
      await survivors(opened),
      [0, 1, 2, 3].map((at) => `${at * 2 + 1}:plain ${at}=x`),
    )
    assert.ok(filesOf(simulation, '.txnindex').length > 0)
    const { abortedTransactions } = await partition.read({ offset: 0, maxBytes: 9999, isolation: 'read_committed', minOneBatch: true })
    assert.deepEqual(
      abortedTransactions?.map(({ producerId, firstOffset }) => [producerId, firstOffset]),
      [[3, 0]],
    )
    await opened.close()
  })
})

test('segments are cleaned into as few as fit, under the name of their first', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open()
    for (let at = 0; at < 40; at++) await put(opened, ['a', `${at}`.padEnd(100, '.')])
    const before = filesOf(simulation, '.log')
    await opened.manager.checkpoint()
    await opened.manager.compact()
    assert.equal(filesOf(simulation, '.log').length, before.length, 'two would not have fitted into one')
    assert.equal(filesOf(simulation, '.log')[0], before[0])
    assert.equal(filesOf(simulation, '.cleaned').length + filesOf(simulation, '.swap').length, 0)
    // A second pass joins what the first has made small.
    for (let at = 0; at < 8; at++) await put(opened, ['a', `${at}`.padEnd(100, '.')])
    await opened.manager.checkpoint()
    await opened.manager.compact()
    assert.ok(filesOf(simulation, '.log').length <= 6)
    await simulation.sleep(70_000)
    assert.equal(filesOf(simulation, '.deleted').length, 0)
    await opened.close()
    const checkpoint = simulation.disk('broker').read('/data/cleaner-offset-checkpoint').toString()
    assert.match(checkpoint, /^0\n1\nt 0 \d+\n$/)
  })
})

test('a damaged log is left alone, and the reason told', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open()
    await put(opened, ['a', '1'], ['a', '2'])
    await roll(opened)
    await opened.manager.checkpoint()
    simulation.disk('broker').flipBit('/data/t-0/00000000000000000000.log', 68)
    const before = logBytes(simulation)
    assert.equal(await opened.manager.compact(), 0)
    assert.match(opened.warnings.join('\n'), /t-0: cannot be compacted, and is left as it is until a restart: .*wrong CRC/)
    assert.equal(logBytes(simulation), before)
    assert.equal(await opened.manager.compact(), 0)
    assert.equal(opened.warnings.length, 1, 'told once')
    assert.deepEqual(filesOf(simulation, '.cleaned'), [])
    await opened.close()
  })
})

test('each key of the topic has its effect', async () => {
  const cleaned = async (config: Partial<LogConfig>, ageMs: number): Promise<boolean> => {
    let isCleaned = false
    await simulate(async (simulation, open) => {
      const opened = await open({ config })
      await put(opened, ['a', '1'], ['a', '2'])
      await roll(opened)
      await simulation.sleep(ageMs)
      await opened.manager.checkpoint()
      isCleaned = (await opened.manager.compact()) > 0
      await opened.close()
    })
    return isCleaned
  }
  assert.equal(await cleaned({}, 0), true)
  assert.equal(await cleaned({ cleanupCompact: false }, 0), false)
  assert.equal(await cleaned({ cleanupDelete: true }, 0), true)
  assert.equal(await cleaned({ minCompactionLagMs: lagMs }, lagMs / 2), false)
  assert.equal(await cleaned({ minCompactionLagMs: lagMs }, lagMs * 2), true)
  assert.equal(await cleaned({ minCleanableDirtyRatio: 1 }, lagMs), false)
  assert.equal(await cleaned({ minCleanableDirtyRatio: 1, maxCompactionLagMs: lagMs }, lagMs / 2), false)
  assert.equal(await cleaned({ minCleanableDirtyRatio: 1, maxCompactionLagMs: lagMs }, lagMs * 2), true)
})
