/** A full disk: writes are refused, reads served, and writes are taken again when there is room, without a restart. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSimulation } from '@odradek/runtime/sim'

import { batchOf, numbered, openPartition, produce, readAll } from './support.ts'

const plenty = 2 ** 40
const host = 'broker'

test('writes are refused while the disk is full, reads are served, and it goes on where it stopped', async () => {
  for (const freeBytes of [0, 40, 150, 400]) {
    const simulation = createSimulation({ seed: freeBytes })
    await simulation.run(async () => {
      const opened = await openPartition(simulation.runtime(host), '/data', { config: { segmentBytes: 1000, flushMessages: 1 } })
      const { partition, runtime, manager } = opened
      await produce(partition, numbered(runtime, 0, 5))
      const disk = simulation.disk(host)
      const used = disk.paths().reduce((sum, path) => sum + disk.read(path).length, 0)
      disk.setCapacity(used + freeBytes)
      let isNotified = false
      partition.onAdvance(() => {
        isNotified = true
      })
      const refused: number[] = []
      for (let first = 5; first < 25; first += 5) {
        const { errorCode, lastOffset } = partition.append(numbered(runtime, first, 5), { origin: 'client' })
        if (errorCode === 0)
          await partition.whenDurable(lastOffset).catch((error: unknown) => refused.push((error as { errorCode: number }).errorCode))
        else refused.push(errorCode)
      }
      assert.ok(refused.length > 0 && refused.every((code) => code === 56))
      assert.ok(isNotified)
      const written = partition.highWatermark
      assert.equal((await readAll(opened, 0)).length, written, 'what was acknowledged is read')
      assert.equal((await partition.offsetForTimestamp(0)).offset, 0)
      await simulation.sleep(5000)
      assert.equal(partition.append(numbered(runtime, 99, 1), { origin: 'client' }).errorCode, 56, 'there is still no room')
      disk.setCapacity(plenty)
      await simulation.sleep(2500)
      assert.deepEqual([partition.highWatermark, partition.logEndOffset], [written, written], 'nothing that was refused is there')
      const result = await produce(partition, numbered(runtime, written, 5))
      assert.deepEqual([result.errorCode, result.baseOffset], [0, written])
      assert.deepEqual(
        (await readAll(opened, 0)).map(({ value }) => value),
        Array.from({ length: written + 5 }, (_, at) => `value ${at}`),
      )
      assert.match(opened.warnings.join('\n'), /No room on the disk[^]*the disk has room again, writes are taken from offset/)
      assert.equal(manager.queuedBytes, 0)
      assert.equal(partition.writtenBytes, partition.sizeBytes, 'counted on over the new log')
      await opened.close()
      const again = await openPartition(simulation.runtime(host), '/data')
      assert.equal(again.partition.logEndOffset, written + 5)
      await again.close()
    })
  }
})

test('an idempotent producer whose batch was refused sends it again, once', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const opened = await openPartition(simulation.runtime(host), '/data')
    const { partition, runtime } = opened
    const batch = (sequence: number): Buffer =>
      batchOf(runtime, [{ value: `${sequence}` }], { producerId: 4, producerEpoch: 0, baseSequence: sequence })
    await produce(partition, batch(0))
    simulation.disk(host).failNextWrite(/\.log$/, 'ENOSPC', 20)
    const refused = partition.append(batch(1), { origin: 'client' })
    await assert.rejects(partition.whenDurable(refused.lastOffset), { name: 'DiskFullError', errorCode: 56 })
    await simulation.sleep(2500)
    assert.equal((await produce(partition, batch(1))).baseOffset, 1)
    assert.equal((await produce(partition, batch(1))).baseOffset, 1, 'a duplicate')
    assert.deepEqual(
      (await readAll(opened, 0)).map(({ value }) => value),
      ['0', '1'],
    )
    await opened.close()
  })
})

test('batches of a refused write that the disk took nevertheless are not there afterwards', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const opened = await openPartition(simulation.runtime(host), '/data')
    const { partition, runtime } = opened
    await produce(partition, numbered(runtime, 0, 2))
    const batches = [numbered(runtime, 2, 2), numbered(runtime, 4, 2)]
    simulation.disk(host).failNextWrite(/\.log$/, 'ENOSPC', batches[0]?.length ?? 0)
    const refused = batches.map((batch) => partition.append(batch, { origin: 'client' }))
    for (const { lastOffset } of refused) await assert.rejects(partition.whenDurable(lastOffset), { errorCode: 56 })
    await simulation.sleep(2500)
    assert.deepEqual([partition.highWatermark, partition.logEndOffset], [2, 2])
    await opened.close()
  })
})

test('retention goes on, for it makes the room; a partition can be closed or deleted meanwhile', async () => {
  for (const ending of ['close', 'delete'] as const) {
    const simulation = createSimulation({ seed: 2 })
    await simulation.run(async () => {
      const opened = await openPartition(simulation.runtime(host), '/data', {
        config: { segmentBytes: 300, retentionBytes: 1, fileDeleteDelayMs: 100 },
      })
      const { partition, runtime, manager } = opened
      for (let at = 0; at < 20; at += 2) await produce(partition, numbered(runtime, at, 2))
      simulation.disk(host).setCapacity(1)
      const refused = partition.append(numbered(runtime, 20, 2), { origin: 'client' })
      await assert.rejects(partition.whenDurable(refused.lastOffset), { errorCode: 56 })
      await assert.rejects(manager.deleteOldSegments(), { code: 'ENOSPC' }, 'the new start cannot be noted, but that costs nothing')
      assert.ok(partition.logStartOffset > 0)
      await partition[ending]()
      simulation.disk(host).setCapacity(plenty)
      await simulation.sleep(3000)
      await opened.close()
    })
  }
})
