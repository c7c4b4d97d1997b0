/** What a log is after a crash: everything that was durable, in order, and nothing half written. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSimulation } from '@odradek/runtime/sim'
import type { Simulation } from '@odradek/runtime/sim'
import fc from 'fast-check'

import { DataDirectory } from '../../src/storage/data-directory.ts'
import { LogManager } from '../../src/storage/log-manager.ts'
import { CorruptSegmentError } from '../../src/storage/storage-error.ts'
import type { OpenPartition, SetUp } from './support.ts'
import { decodeRecords, numbered, openPartition, produce, readAll } from './support.ts'

const host = 'broker'
const dataDir = '/data'
const log = `${dataDir}/t-0/00000000000000000000.log`

function open(simulation: Simulation, setUp: SetUp = {}): Promise<OpenPartition> {
  return openPartition(simulation.runtime(host), dataDir, setUp)
}

function valuesUpTo(end: number): { offset: number; value: string }[] {
  return Array.from({ length: end }, (_, offset) => ({ offset, value: `value ${offset}` }))
}

test('a tail torn at any byte of the last batch is cut off, and the log goes on from there', async () => {
  const batchBytes = numbered(createSimulation({ seed: 1 }).runtime(host), 6, 3).length
  for (let torn = 0; torn < batchBytes; torn++) {
    const simulation = createSimulation({ seed: torn })
    await simulation.run(async () => {
      const before = await open(simulation)
      await produce(before.partition, numbered(before.runtime, 0, 3))
      await produce(before.partition, numbered(before.runtime, 3, 3))
      const died = simulation.disk(host).tearNextWrite(/\.log$/, torn)
      void produce(before.partition, numbered(before.runtime, 6, 3))
      await died
      const after = await open(simulation)
      assert.equal(after.partition.logEndOffset, 6, `torn after ${torn} bytes`)
      assert.equal(simulation.disk(host).read(log).length, batchBytes * 2, 'nothing of it is left')
      await produce(after.partition, numbered(after.runtime, 6, 3))
      assert.deepEqual(await readAll(after, 0), valuesUpTo(9))
      await after.close()
    })
    simulation.faults.assertFired('write-torn')
  }
})

test('a log that nobody has opened since a crash is recovered when somebody does, an orderly end in between or not', async () => {
  const simulation = createSimulation({ seed: 4 })
  await simulation.run(async () => {
    const before = await open(simulation)
    await produce(before.partition, numbered(before.runtime, 0, 3))
    const died = simulation.disk(host).tearNextWrite(/\.log$/, 40)
    void produce(before.partition, numbered(before.runtime, 3, 3))
    await died
    const directory = await DataDirectory.open(simulation.runtime(host).files, dataDir)
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const idle = await LogManager.open({ runtime: simulation.runtime(host), directory, logger })
    await idle.close()
    await directory.release()
    const after = await open(simulation)
    assert.deepEqual(await readAll(after, 0), valuesUpTo(3))
    await after.close()
  })
  simulation.faults.assertFired('write-torn')
})

test('a log that went offline is recovered, though it was closed before an orderly end', async () => {
  const simulation = createSimulation({ seed: 5 })
  await simulation.run(async () => {
    const before = await open(simulation)
    await produce(before.partition, numbered(before.runtime, 0, 3))
    simulation.disk(host).failNextWrite(/\.log$/, 'EIO', 40)
    await assert.rejects(produce(before.partition, numbered(before.runtime, 3, 3)))
    await before.partition.close()
    await before.close()
    const after = await open(simulation)
    assert.deepEqual(await readAll(after, 0), valuesUpTo(3))
    await after.close()
  })
  simulation.faults.assertFired('write-failed')
})

const ways = ['closed in order', 'killed after a checkpoint'] as const
for (const way of ways) {
  test(`a producer's last five batches are known to a log that was ${way}, whatever segments they are in`, async () => {
    const simulation = createSimulation({ seed: 3 })
    await simulation.run(async () => {
      // Segments of two batches each, with a producer snapshot at each start.
      const setUp = { config: { segmentBytes: 300, indexIntervalBytes: 100 } }
      const before = await open(simulation, setUp)
      const batch = (number: number): Buffer =>
        numbered(before.runtime, number * 2, 2, { producerId: 7, producerEpoch: 0, baseSequence: number * 2 })
      const foreign = (number: number): Buffer => numbered(before.runtime, 0, 1, { producerId: 8, producerEpoch: 0, baseSequence: number })
      const sent = new Map<number, number>()
      for (let number = 0; number < 8; number++) {
        sent.set(number, (await produce(before.partition, batch(number))).baseOffset)
        await produce(before.partition, foreign(number))
      }
      if (way === 'closed in order') {
        await before.close()
      } else {
        await before.manager.checkpoint()
        simulation.kill(host)
      }
      const after = await open(simulation, setUp)
      const end = after.partition.logEndOffset
      for (let number = 3; number < 8; number++) {
        const again = await produce(after.partition, batch(number))
        assert.deepEqual([again.errorCode, again.baseOffset], [0, sent.get(number)], `batch ${number}`)
      }
      assert.equal(after.partition.logEndOffset, end)
      assert.notEqual((await produce(after.partition, batch(2))).errorCode, 0)
      await after.close()
    })
  })
}

interface Step {
  readonly kind: 'append' | 'checkpoint' | 'kill' | 'power loss' | 'close'
  readonly count: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 10, arbitrary: fc.constant('append' as const) },
    fc.constant('checkpoint' as const),
    fc.constant('kill' as const),
    fc.constant('power loss' as const),
    fc.constant('close' as const),
  ),
  count: fc.integer({ min: 1, max: 8 }),
})

/** Runs the steps; after each crash what is read back must be a prefix of what was sent that holds all that was acknowledged. */
async function survive(seed: number, steps: readonly Step[], flushMessages: number, allowPowerLoss: boolean): Promise<void> {
  const simulation = createSimulation({ seed })
  const setUp = { config: { segmentBytes: 700, indexIntervalBytes: 100, flushMessages } }
  await simulation.run(async () => {
    let current = await open(simulation, setUp)
    let acknowledged = 0
    const reopen = async (): Promise<void> => {
      current = await open(simulation, setUp)
      const found = await readAll(current, 0, 300)
      assert.ok(found.length >= acknowledged, `${found.length} records are left of ${acknowledged} acknowledged`)
      assert.deepEqual(found, valuesUpTo(found.length))
      acknowledged = found.length
    }
    for (const { kind, count } of steps) {
      if (kind === 'append') {
        const end = current.partition.logEndOffset + count
        const result = current.partition.append(numbered(current.runtime, current.partition.logEndOffset, count), { origin: 'client' })
        // Every other one is left in flight, for the crash to hit.
        if (count % 2 === 0) {
          await current.partition.whenDurable(result.lastOffset)
          acknowledged = end
        } else void current.partition.whenDurable(result.lastOffset).then(() => (acknowledged = Math.max(acknowledged, end)))
      } else if (kind === 'checkpoint') await current.manager.checkpoint()
      else if (kind === 'close') {
        await current.close()
        await reopen()
      } else {
        if (kind === 'power loss' && allowPowerLoss) simulation.powerLoss(host)
        else simulation.kill(host)
        await reopen()
      }
    }
    await current.close()
  })
}

test('what was acknowledged survives kill -9 at any time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 40 }), (seed, steps) =>
      survive(seed, steps, Number.POSITIVE_INFINITY, false),
    ),
    { numRuns: 60 },
  )
})

test('with flush.messages=1 it survives the loss of power as well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 40 }), (seed, steps) => survive(seed, steps, 1, true)),
    { numRuns: 100 },
  )
})

/** Ten batches in several segments, closed in order. */
async function tenBatches(simulation: Simulation, setUp: SetUp): Promise<void> {
  const written = await open(simulation, setUp)
  for (let at = 0; at < 10; at++) await produce(written.partition, numbered(written.runtime, at * 5, 5))
  await written.close()
}

test('indexes that are missing, cut, zeroed or wrong are rebuilt', async () => {
  const setUp = { config: { segmentBytes: 500, indexIntervalBytes: 100 } }
  const damages: Record<string, (data: Buffer) => Buffer | undefined> = {
    missing: () => undefined,
    cut: (data) => data.subarray(0, data.length - 3),
    preallocated: (data) => Buffer.concat([data, Buffer.alloc(120)]),
    'off by a byte': (data) => {
      const changed = Buffer.from(data)
      if (data.length > 0) changed.writeInt32BE(data.readInt32BE(data.length - 4) - 1, data.length - 4)
      return changed
    },
    wrong: (data) => Buffer.from(data).fill(data.length > 0 ? 1 : 0, Math.max(0, data.length - 4)),
  }
  for (const [damage, change] of Object.entries(damages)) {
    for (const suffix of ['index', 'timeindex']) {
      const simulation = createSimulation({ seed: 1 })
      await simulation.run(async () => {
        await tenBatches(simulation, setUp)
        const { files } = simulation.runtime(host)
        for (const path of simulation
          .disk(host)
          .paths()
          .filter((name) => name.endsWith(`.${suffix}`))) {
          const changed = change(simulation.disk(host).read(path))
          await files.remove(path)
          if (changed !== undefined) await files.writeFileAtomic(path, changed)
        }
        const after = await open(simulation, setUp)
        assert.deepEqual(await readAll(after, 0, 100), valuesUpTo(50), `${damage} .${suffix}`)
        assert.equal((await after.partition.offsetForTimestamp(1)).offset, 0, `${damage} .${suffix}`)
        for (const offset of [7, 14, 23, 48])
          assert.deepEqual(await readAll(after, offset), valuesUpTo(50).slice(offset), `${damage} .${suffix}`)
        await after.close()
      })
    }
  }
})

test('a damaged batch in the middle is an error where it lies, and all around it is served', async () => {
  const simulation = createSimulation({ seed: 1 })
  const setUp = { config: { segmentBytes: 10_000, indexIntervalBytes: 100 } }
  await simulation.run(async () => {
    await tenBatches(simulation, setUp)
    const batchBytes = simulation.disk(host).read(log).length / 10
    simulation.disk(host).flipBit(log, Math.floor(batchBytes * 4.9))
    const after = await open(simulation, setUp)
    assert.equal(after.partition.logEndOffset, 50)
    const read = (offset: number): ReturnType<typeof after.partition.read> =>
      after.partition.read({ offset, maxBytes: 100_000, isolation: 'read_uncommitted', minOneBatch: true })
    const before = await read(0)
    assert.deepEqual(decodeRecords(after.runtime, Buffer.concat(before.records)), valuesUpTo(20))
    assert.equal((await read(20)).errorCode, 2)
    assert.match(after.warnings.join('\n'), /wrong CRC/)
    assert.deepEqual(await readAll(after, 25), valuesUpTo(50).slice(25))
    await after.close()
  })
})

test('damage to synced data is not cut off at start but refused', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const before = await open(simulation)
    for (let at = 0; at < 10; at++) await produce(before.partition, numbered(before.runtime, at * 5, 5))
    await before.manager.checkpoint()
    simulation.kill(host)
    simulation.disk(host).flipBit(log, 700)
    await assert.rejects(open(simulation), (error) => error instanceof CorruptSegmentError && /restore the file/.test(error.message))
  })
})

test('a failed write or sync takes the log offline for all who wait and all who come', async () => {
  for (const fault of ['write', 'sync']) {
    const simulation = createSimulation({ seed: 1 })
    await simulation.run(async () => {
      const current = await open(simulation, { config: { flushMessages: 1 } })
      await produce(current.partition, numbered(current.runtime, 0, 5))
      if (fault === 'write') simulation.disk(host).failNextWrite(/\.log$/, 'EIO', 10)
      else simulation.disk(host).failNextSync(/\.log$/)
      let notified = 0
      current.partition.onAdvance(() => notified++)
      const lost = [5, 10].map((first) => current.partition.append(numbered(current.runtime, first, 5), { origin: 'client' }))
      for (const { lastOffset } of lost) await assert.rejects(current.partition.whenDurable(lastOffset), { errorCode: 56 })
      assert.equal(current.partition.append(numbered(current.runtime, 10, 5), { origin: 'client' }).errorCode, 56)
      const read = await current.partition.read({ offset: 0, maxBytes: 1000, isolation: 'read_uncommitted', minOneBatch: true })
      assert.equal(read.errorCode, 56)
      assert.equal(current.partition.highWatermark, 5)
      assert.equal(notified, 1)
      assert.equal(current.manager.queuedBytes, 0)
      await current.close()
      const after = await open(simulation)
      const found = await readAll(after, 0)
      assert.deepEqual(found, valuesUpTo(found.length))
      assert.ok(found.length >= 5)
      await after.close()
    })
  }
})

test('the segments behind a damaged batch go with what follows it', async () => {
  const simulation = createSimulation({ seed: 1 })
  const setUp = { config: { segmentBytes: 500, indexIntervalBytes: 100 } }
  await simulation.run(async () => {
    const before = await open(simulation, setUp)
    for (let at = 0; at < 10; at++) await produce(before.partition, numbered(before.runtime, at * 5, 5))
    simulation.kill(host)
    const batchBytes = numbered(before.runtime, 0, 5).length
    simulation.disk(host).flipBit(log, Math.floor(batchBytes * 1.9))
    const after = await open(simulation, setUp)
    assert.equal(after.partition.logEndOffset, 5)
    const logs = simulation.disk(host).paths()
    assert.deepEqual(
      logs.filter((path) => path.endsWith('.log')),
      [log],
    )
    await produce(after.partition, numbered(after.runtime, 5, 5))
    assert.deepEqual(await readAll(after, 0), valuesUpTo(10))
    await after.close()
  })
})

test('what recovery has found does not go with a later loss of power', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const simulation = createSimulation({ seed })
    await simulation.run(async () => {
      const before = await open(simulation)
      await produce(before.partition, numbered(before.runtime, 0, 3))
      simulation.kill(host)
      assert.equal((await open(simulation)).partition.highWatermark, 3)
      simulation.powerLoss(host)
      const after = await open(simulation)
      assert.deepEqual(await readAll(after, 0), valuesUpTo(3), `seed ${seed}`)
      await after.close()
    })
  }
})

test('what a checkpoint has noted does not go with a loss of power, whatever was under way', async () => {
  for (let seed = 0; seed < 10; seed++) {
    for (const segmentBytes of [500, 100_000]) {
      const simulation = createSimulation({ seed })
      await simulation.run(async () => {
        const setUp = { config: { segmentBytes, indexIntervalBytes: 100 } }
        const before = await open(simulation, setUp)
        for (let at = 0; at < 10; at++) before.partition.append(numbered(before.runtime, at * 5, 5), { origin: 'client' })
        await before.manager.checkpoint()
        simulation.powerLoss(host)
        const after = await open(simulation, setUp)
        assert.deepEqual(await readAll(after, 0), valuesUpTo(50), `seed ${seed}`)
        await after.close()
      })
    }
  }
})

test('producers are known although their newest snapshot is damaged', async () => {
  const simulation = createSimulation({ seed: 1 })
  const setUp = { config: { segmentBytes: 100_000, indexIntervalBytes: 100 } }
  await simulation.run(async () => {
    const before = await open(simulation, setUp)
    const batch = (baseSequence: number): Buffer =>
      numbered(before.runtime, baseSequence, 1, { producerId: 7, producerEpoch: 0, baseSequence })
    for (let sequence = 0; sequence < 10; sequence++) await produce(before.partition, batch(sequence))
    // Somebody else has written since, so that the scan of the tail does not meet the producer.
    for (let at = 0; at < 10; at++) await produce(before.partition, numbered(before.runtime, at, 1))
    await before.close()
    for (const path of simulation.disk(host).paths()) if (path.endsWith('.snapshot')) simulation.disk(host).flipBit(path, 20)
    const after = await open(simulation, setUp)
    assert.match(after.warnings.join('\n'), /corrupt producer snapshot/)
    const again = await produce(after.partition, batch(9))
    assert.deepEqual([again.errorCode, again.baseOffset], [0, 9])
    await after.close()
  })
})
