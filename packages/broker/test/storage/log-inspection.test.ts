/** A directory that our own log wrote, whole and then damaged in one place after another. */

import assert from 'node:assert/strict'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNodeRuntime } from '@odradek/runtime'

import { type Inspected, inspectPartition } from '../../src/storage/log-inspection.ts'
import { withDirectory } from '../support/directory.ts'
import { markerOf, numbered, openPartition, produce } from './support.ts'

const runtime = createNodeRuntime()
const batches = 1500

async function fill(dataDir: string): Promise<string> {
  const open = await openPartition(runtime, dataDir, { config: { segmentBytes: 60_000, indexIntervalBytes: 2000 } })
  for (let at = 0; at < batches - 1; at++) {
    const batch = numbered(runtime, at, 2, { producerId: 7, producerEpoch: 0, baseSequence: at * 2 })
    if (at % 100 === 0) await produce(open.partition, batch)
    else assert.equal(open.partition.append(batch, { origin: 'client' }).errorCode, 0)
  }
  assert.equal(open.partition.append(markerOf(runtime, 'ABORT', 7, 0), { origin: 'coordinator' }).errorCode, 0)
  await open.close()
  return join(dataDir, 't-0')
}

async function inspect(directory: string): Promise<Inspected[]> {
  const found: Inspected[] = []
  for await (const each of inspectPartition(runtime, directory)) found.push(each)
  return found
}

async function problems(directory: string): Promise<string[]> {
  return (await inspect(directory)).flatMap((each) => (each.kind === 'problem' ? [`${each.file} ${each.position}: ${each.reason}`] : []))
}

/** Changes one byte while `body` runs. */
async function damaged(file: string, at: number, body: () => Promise<void>): Promise<void> {
  const sound = await readFile(file)
  const bytes = Buffer.from(sound)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x41, at)
  await writeFile(file, bytes)
  await body()
  await writeFile(file, sound)
}

test('every batch is found, in order, and nothing is wrong with a directory that is sound', async () => {
  await withDirectory(async (dataDir) => {
    const directory = await fill(dataDir)
    const found = await inspect(directory)
    const headers = found.flatMap((each) => (each.kind === 'batch' ? [each.header] : []))
    assert.deepEqual(
      headers.map(({ baseOffset }) => baseOffset),
      Array.from({ length: batches }, (_, at) => at * 2),
    )
    assert.ok(found.filter(({ kind }) => kind === 'segment').length > 1)
    assert.deepEqual(await problems(directory), [])
  })
})

test('a wrong byte is found where it is: in a batch, an index, a snapshot', async () => {
  await withDirectory(async (dataDir) => {
    const directory = await fill(dataDir)
    const names = await readdir(directory)
    const first = (suffix: string): string => join(directory, names.find((name) => name.endsWith(suffix)) ?? '')
    await damaged(first('.log'), 70, async () => {
      assert.match((await problems(directory)).join('\n'), /^0{20}\.log 0: the checksum of the batch at offset 0 does not match$/)
    })
    // The second batch's offset, which no checksum covers.
    await damaged(first('.log'), 100, async () => {
      assert.match((await problems(directory)).join('\n'), /^0{20}\.log \d+: offset 4 where 69 or a later one is due$/m)
    })
    await damaged(first('.index'), 3, async () => {
      assert.match(
        (await problems(directory)).join('\n'),
        /^0{20}\.index (0: offset \d+ points to the batch that ends with|undefined: its entries)/,
      )
    })
    await damaged(first('.index'), 7, async () => {
      assert.match((await problems(directory)).join('\n'), /^0{20}\.index 0: offset \d+ points to byte \d+, where no batch starts/)
    })
    await damaged(first('.timeindex'), 7, async () => {
      assert.match((await problems(directory)).join('\n'), /^0{20}\.timeindex (0: timestamp|undefined: its entries)/)
    })
    await damaged(first('.snapshot'), 12, async () => {
      assert.match((await problems(directory)).join('\n'), /\.snapshot undefined: is torn/)
    })
    await damaged(join(directory, 'leader-epoch-checkpoint'), 0, async () => {
      assert.match((await problems(directory)).join('\n'), /^leader-epoch-checkpoint undefined/)
    })
    const log = first('.log')
    await truncate(log, (await readFile(log)).length - 1)
    assert.match((await problems(directory)).join('\n'), /^0{20}\.log \d+: the last batch is cut short/)
  })
})

test('what is no directory is an error, and one without segments is empty', async () => {
  await withDirectory(async (dataDir) => {
    assert.deepEqual(await inspect(dataDir), [])
    await assert.rejects(inspect(join(dataDir, 'none')), { code: 'ENOENT' })
  })
})
