/** Transaction indexes are held against the abort markers: those that our own log wrote are right, and none is wrong unnoticed. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '@odradek/runtime'
import { createSimulation } from '@odradek/runtime/sim'

import type { LogConfig } from '../../src/storage/log-config.ts'
import { inspectPartition } from '../../src/storage/log-inspection.ts'
import { batchOf, markerOf, type OpenPartition, openPartition, produce } from './support.ts'

const directory = '/data/t-0'
const entryBytes = 34
const small: Partial<LogConfig> = { segmentBytes: 3000, indexIntervalBytes: 200 }

/** Three producers' transactions, one over another: the first two producers' are aborted now and then, the third one's are committed. */
async function fill({ partition, runtime }: OpenPartition, rounds: number, sequences = [0, 0, 0]): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const producerId of [0, 1, 2]) {
      if ((round + producerId) % 3 === 0) continue
      const baseSequence = sequences[producerId] ?? 0
      sequences[producerId] = baseSequence + 1
      const options = { producerId, producerEpoch: 0, baseSequence, isTransactional: true }
      const record = { key: `k${(round * producerId) % 7}`, value: `${round}`.padEnd(20, '.') }
      partition.admit(producerId, { producerEpoch: 0, errorCode: 0, beginsAtZero: false })
      assert.equal((await produce(partition, batchOf(runtime, [record], options))).errorCode, 0)
    }
    const ending = round % 4
    if (ending === 3) continue
    const type = ending < 2 && round % 5 > 0 ? 'ABORT' : 'COMMIT'
    partition.append(markerOf(runtime, type, ending, 0), { origin: 'coordinator' })
  }
  await partition.whenDurable(partition.logEndOffset - 1)
}

/** Runs `body` with a disk of its own. */
function onDisk(body: (runtime: Runtime) => Promise<void>): Promise<void> {
  const simulation = createSimulation({ seed: 1 })
  return simulation.run(() => body(simulation.runtime('broker')))
}

async function problems(runtime: Runtime): Promise<string[]> {
  const found: string[] = []
  for await (const each of inspectPartition(runtime, directory)) {
    if (each.kind === 'problem') found.push(`${each.file} ${each.position}: ${each.reason}`)
  }
  return found
}

async function filesOf(runtime: Runtime, suffix: string): Promise<string[]> {
  const names = (await runtime.files.list(directory)).map(({ name }) => name)
  return names
    .filter((name) => name.endsWith(suffix))
    .toSorted()
    .map((name) => `${directory}/${name}`)
}

/** Runs `body` over a log that is closed, with the paths of its transaction indexes of three entries and more. */
async function withIndexes(body: (runtime: Runtime, paths: readonly string[]) => Promise<void>): Promise<void> {
  await onDisk(async (runtime) => {
    const opened = await openPartition(runtime, '/data', { config: small })
    await fill(opened, 80)
    await opened.close()
    const paths: string[] = []
    for (const path of await filesOf(runtime, '.txnindex')) {
      if ((await runtime.files.readFile(path)).length >= 3 * entryBytes) paths.push(path)
    }
    assert.ok(paths.length > 2)
    assert.deepEqual(await problems(runtime), [])
    await body(runtime, paths)
  })
}

test('an index that is emptied, gone or cut lacks what is aborted, in the last segment as in the first', async () => {
  await withIndexes(async (runtime, paths) => {
    const { files } = runtime
    for (const path of [paths.at(0) ?? '', paths.at(-1) ?? '']) {
      const sound = await files.readFile(path)
      const lacking = async (entries: number): Promise<void> => {
        const found = await problems(runtime)
        assert.equal(found.length, entries, found.join('\n'))
        for (const line of found)
          assert.match(
            line,
            /^\d{20}\.txnindex undefined: lacks the transaction of producer [01] that begins with offset \d+ and is aborted/,
          )
      }
      await files.writeFileAtomic(path, Buffer.alloc(0))
      await lacking(sound.length / entryBytes)
      await files.remove(path)
      await lacking(sound.length / entryBytes)
      await files.writeFileAtomic(path, sound.subarray(0, sound.length - entryBytes))
      await lacking(1)
      await files.writeFileAtomic(path, Buffer.concat([sound.subarray(0, entryBytes), sound.subarray(2 * entryBytes)]))
      await lacking(1)
      await files.writeFileAtomic(path, sound)
    }
  })
})

test('an entry that is wrong in any field is named where it stands', async () => {
  await withIndexes(async (runtime, paths) => {
    const { files } = runtime
    const path = paths[1] ?? ''
    const sound = await files.readFile(path)
    for (const [field, reason] of [
      [2, /no transaction of producer \d+ is aborted at offset \d+/],
      [10, /that is aborted at offset \d+ begins with offset \d+, not \d+/],
      [18, /no transaction of producer \d+ is aborted at offset \d+/],
      [26, /has ended, all is stable below offset \d+, not \d+/],
    ] as const) {
      const bytes = Buffer.from(sound)
      const last = field + 7
      bytes.writeUInt8(bytes.readUInt8(entryBytes + last) ^ 1, entryBytes + last)
      await files.writeFileAtomic(path, bytes)
      const found = (await problems(runtime)).filter((line) => line.includes(`.txnindex ${entryBytes}:`))
      assert.equal(found.length, 1, `byte ${last}: ${(await problems(runtime)).join('\n')}`)
      assert.match(found[0] ?? '', reason)
    }
    await files.writeFileAtomic(path, sound)
  })
})

test('a log that begins later is sound with the producers of its beginning and without', async () => {
  await onDisk(async (runtime) => {
    const opened = await openPartition(runtime, '/data', { config: { ...small, retentionBytes: 8000, fileDeleteDelayMs: 0 } })
    await fill(opened, 100)
    await opened.manager.deleteOldSegments()
    assert.ok(opened.partition.logStartOffset > 0)
    await opened.close()
    assert.deepEqual(await problems(runtime), [])
    for (const path of await filesOf(runtime, '.snapshot')) await runtime.files.remove(path)
    assert.deepEqual(await problems(runtime), [])
  })
})

test('a compacted log is sound, and an index that is emptied is still noticed', async () => {
  await onDisk(async (runtime) => {
    const compacted = { ...small, cleanupDelete: false, cleanupCompact: true, minCleanableDirtyRatio: 0, fileDeleteDelayMs: 0 }
    const opened = await openPartition(runtime, '/data', { config: compacted })
    const sequences = [0, 0, 0]
    for (const rounds of [60, 30]) {
      await fill(opened, rounds, sequences)
      await opened.manager.checkpoint()
      assert.ok((await opened.manager.compact()) > 0)
      assert.deepEqual(await problems(runtime), [])
    }
    await opened.close()
    assert.deepEqual(await problems(runtime), [])
    for (const path of await filesOf(runtime, '.txnindex')) await runtime.files.writeFileAtomic(path, Buffer.alloc(0))
    assert.notDeepEqual(await problems(runtime), [])
  })
})

test('a log that is being written may have entries that its index has not', async () => {
  await onDisk(async (runtime) => {
    const opened = await openPartition(runtime, '/data', { config: small })
    await fill(opened, 20)
    assert.deepEqual(await problems(runtime), [])
    await opened.close()
  })
})
