/** Rolling, retention, DeleteRecords, deletion and what a data directory looks like. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSimulation } from '@odradek/runtime/sim'
import type { Simulation } from '@odradek/runtime/sim'

import { DataDirectory } from '../../src/storage/data-directory.ts'
import type { OpenPartition, SetUp } from './support.ts'
import { batchOf, numbered, openPartition, produce, readAll, topicId } from './support.ts'

async function simulate(run: (simulation: Simulation, open: (setUp?: SetUp) => Promise<OpenPartition>) => Promise<void>): Promise<void> {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(() => run(simulation, (setUp) => openPartition(simulation.runtime('broker'), '/data', setUp)))
}

const filesOf = (simulation: Simulation, suffix: string): string[] =>
  simulation
    .disk('broker')
    .paths()
    .filter((path) => path.startsWith('/data/t-0/') && path.endsWith(suffix))
    .map((path) => path.slice('/data/t-0/'.length))

const bases = (simulation: Simulation): number[] => filesOf(simulation, '.log').map((name) => Number.parseInt(name, 10))

test('segments roll by size, by time, and when an index is full', async () => {
  await simulate(async (simulation, open) => {
    const { partition, runtime, close } = await open({ config: { segmentBytes: 250, segmentMs: 1000, segmentIndexBytes: 1000 } })
    const size = batchOf(runtime, [{}, {}]).length
    assert.ok(size * 2 <= 250 && size * 3 > 250)
    const nowMs = runtime.clock.nowMs()
    const record = { timestampMs: nowMs }
    for (let at = 0; at < 4; at++) await produce(partition, batchOf(runtime, [record, record]))
    assert.deepEqual(bases(simulation), [0, 4])
    partition.updateConfig({ ...partition.config, segmentBytes: 10_000 })
    for (const delta of [1000, 1001, 1001]) await produce(partition, batchOf(runtime, [{ timestampMs: nowMs + delta }]))
    assert.deepEqual(bases(simulation), [0, 4, 9], 'only the batch more than segment.ms after the first one')
    partition.updateConfig({ ...partition.config, segmentIndexBytes: 24, indexIntervalBytes: 1, segmentMs: 1e9 })
    for (let at = 0; at < 6; at++) await produce(partition, batchOf(runtime, [{ timestampMs: nowMs + 2000 + at }]))
    assert.ok(bases(simulation).length > 3, 'the time index holds one entry and the last one')
    await close()
    assert.equal(filesOf(simulation, '.snapshot').length, bases(simulation).length, 'one at each segment but the first, and one at the end')
  })
})

test('retention by size and by time deletes whole old segments only, and files go after a delay', async () => {
  await simulate(async (simulation, open) => {
    const opened = await open({ config: { segmentBytes: 250, retentionMs: -1, fileDeleteDelayMs: 5000 } })
    const { partition, runtime, manager } = opened
    for (let at = 0; at < 6; at++) await produce(partition, numbered(runtime, at * 2, 2))
    await manager.deleteOldSegments()
    assert.deepEqual(bases(simulation), [0, 4, 8], 'nothing asked for')
    const kept = partition.sizeBytes - simulation.disk('broker').read('/data/t-0/00000000000000000000.log').length
    partition.updateConfig({ ...partition.config, retentionBytes: kept + 1 })
    await manager.deleteOldSegments()
    assert.equal(partition.logStartOffset, 0, 'a segment goes only when enough is left without it')
    partition.updateConfig({ ...partition.config, retentionBytes: kept })
    await manager.deleteOldSegments()
    assert.deepEqual([partition.logStartOffset, bases(simulation)], [4, [4, 8]])
    assert.equal(filesOf(simulation, '.log.deleted').length, 1)
    await simulation.sleep(6000)
    assert.equal(filesOf(simulation, '.deleted').length, 0)
    assert.deepEqual((await readAll(opened, 4))[0], { offset: 4, value: 'value 4' })
    partition.updateConfig({ ...partition.config, retentionMs: 10_000 })
    await manager.deleteOldSegments()
    assert.equal(partition.logStartOffset, 4, 'not old enough')
    await simulation.sleep(10_000)
    await manager.deleteOldSegments()
    assert.deepEqual([partition.logStartOffset, partition.logEndOffset], [12, 12], 'the active segment goes as well when all of it is old')
    await produce(partition, numbered(runtime, 12, 1))
    assert.deepEqual(await readAll(opened, 12), [{ offset: 12, value: 'value 12' }])
    await opened.close()
    const again = await open()
    assert.deepEqual([again.partition.logStartOffset, again.partition.logEndOffset], [12, 13])
    await again.close()
  })
})

test('compacted topics keep everything until compaction takes it', async () => {
  await simulate(async (simulation, open) => {
    const { partition, runtime, manager, close } = await open({
      config: { segmentBytes: 250, retentionBytes: 0, retentionMs: 0, cleanupDelete: false, cleanupCompact: true },
    })
    for (let at = 0; at < 6; at++) await produce(partition, numbered(runtime, at * 2, 2))
    await simulation.sleep(1000)
    await manager.deleteOldSegments()
    assert.equal(partition.logStartOffset, 0)
    await partition.deleteRecordsBefore(9)
    await manager.deleteOldSegments()
    assert.deepEqual([partition.logStartOffset, bases(simulation)], [9, [8]])
    await close()
  })
})

test('a moved log start survives a crash at once', async () => {
  await simulate(async (simulation, open) => {
    const first = await open({ config: { flushMessages: 1 } })
    await produce(first.partition, numbered(first.runtime, 0, 10))
    assert.deepEqual(await first.partition.deleteRecordsBefore(11), { errorCode: 1, lowWatermark: -1 })
    assert.deepEqual(await first.partition.deleteRecordsBefore(4), { errorCode: 0, lowWatermark: 4 })
    assert.deepEqual(await first.partition.deleteRecordsBefore(2), { errorCode: 0, lowWatermark: 4 }, 'it never moves back')
    simulation.powerLoss('broker')
    const second = await open()
    assert.equal(second.partition.logStartOffset, 4)
    assert.deepEqual(await second.partition.deleteRecordsBefore(-1), { errorCode: 0, lowWatermark: 10 })
    await second.close()
  })
})

test('a deleted partition is out of the way at once, and gone after a while or at the next start', async () => {
  for (const restart of [false, true]) {
    await simulate(async (simulation, open) => {
      const first = await open({ config: { fileDeleteDelayMs: 1000 } })
      await produce(first.partition, numbered(first.runtime, 0, 10))
      await first.partition.delete()
      assert.equal(first.partition.append(numbered(first.runtime, 0, 1), { origin: 'client' }).errorCode, 6)
      const paths = simulation.disk('broker').paths()
      assert.ok(paths.some((path) => /^\/data\/t-0\.[0-9a-f]{32}-delete\/0{20}\.log$/.test(path)))
      if (restart) {
        await first.close()
        const second = await open()
        assert.equal(second.partition.logEndOffset, 0)
        await simulation.sleep(10)
        await second.close()
      } else await simulation.sleep(2000)
      assert.ok(
        !simulation
          .disk('broker')
          .paths()
          .some((path) => path.includes('-delete')),
      )
      if (!restart) await first.close()
    })
  }
})

test('a directory of another topic id is put aside, not used', async () => {
  await simulate(async (simulation, open) => {
    const first = await open()
    await produce(first.partition, numbered(first.runtime, 0, 10))
    await first.close()
    const { files } = simulation.runtime('broker')
    await files.writeFileAtomic('/data/t-0/partition.metadata', Buffer.from(`version: 0\ntopic_id: ${topicId.slice(0, -1)}g\n`))
    const second = await open()
    assert.equal(second.partition.logEndOffset, 0)
    assert.match(second.warnings.join('\n'), /put aside as stray/)
    assert.ok(
      simulation
        .disk('broker')
        .paths()
        .some((path) => /-stray\/0{20}\.log$/.test(path)),
    )
    await second.close()
  })
})

test('flush.ms syncs without being asked again', async () => {
  await simulate(async (simulation, open) => {
    const { partition, runtime } = await open({ config: { flushMs: 100 } })
    await produce(partition, numbered(runtime, 0, 5))
    await simulation.sleep(500)
    await produce(partition, numbered(runtime, 5, 5))
    simulation.powerLoss('broker')
    const second = await open()
    assert.ok(second.partition.logEndOffset >= 5)
    await second.close()
  })
})

test('a data directory knows whose it is, and one broker at a time has it', async () => {
  const simulation = createSimulation({ seed: 1 })
  await simulation.run(async () => {
    const { files } = simulation.runtime('broker')
    const identity = { clusterId: 'cluster-1', nodeId: 1, directoryId: 'directory-1' }
    const directory = await DataDirectory.open(files, '/data')
    await assert.rejects(DataDirectory.open(files, '/data'), /in use by another broker/)
    assert.deepEqual(await directory.identify({ nodeId: 1 }, () => identity), identity)
    assert.deepEqual(await directory.identify({ nodeId: 1, clusterId: 'cluster-1' }, () => assert.fail()), identity)
    await assert.rejects(
      directory.identify({ nodeId: 2 }, () => identity),
      /belongs to node 1/,
    )
    await assert.rejects(
      directory.identify({ nodeId: 1, clusterId: 'other' }, () => identity),
      /belongs to node 1 of cluster cluster-1/,
    )
    await directory.release()
  })
})

test('retention leaves alone what is still being written', async () => {
  await simulate(async (_simulation, open) => {
    const opened = await open({ config: { segmentBytes: 250, retentionMs: -1, retentionBytes: 1 } })
    const { partition, runtime, manager } = opened
    for (let at = 0; at < 6; at++) partition.append(numbered(runtime, at * 2, 2), { origin: 'client' })
    await manager.deleteOldSegments()
    assert.equal(partition.logStartOffset, 0)
    await partition.whenDurable(11)
    await manager.deleteOldSegments()
    assert.equal(partition.logStartOffset, 8)
    await opened.close()
  })
})
