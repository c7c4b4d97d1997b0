/** Logs to compact over a simulated disk, and what a reader finds in them. */

import { batchSizeAt, readBatchHeader, RecordCursor, recordsSection } from '@odradek/protocol'
import type { BatchHeader } from '@odradek/protocol'
import { createSimulation } from '@odradek/runtime/sim'
import type { Simulation } from '@odradek/runtime/sim'

import type { LogConfig } from '../../../src/storage/log-config.ts'
import type { OpenPartition, SetUp } from '../support.ts'
import { openPartition } from '../support.ts'

/** Compacts whenever there is something to, in segments of a few batches. */
export const compacted: Partial<LogConfig> = {
  segmentBytes: 400,
  cleanupDelete: false,
  cleanupCompact: true,
  minCleanableDirtyRatio: 0,
  indexIntervalBytes: 100,
  retentionMs: -1,
}

export interface Opened extends OpenPartition {
  readonly simulation: Simulation
}

export async function simulate(
  run: (simulation: Simulation, open: (setUp?: SetUp) => Promise<Opened>) => Promise<void>,
  seed: number = 1,
): Promise<void> {
  const simulation = createSimulation({ seed })
  await simulation.run(() => run(simulation, async (setUp) => await openCompacted(simulation, setUp)))
}

export async function openCompacted(simulation: Simulation, setUp: SetUp = {}): Promise<Opened> {
  const config = { ...compacted, ...setUp.config }
  const idle = {
    isEnabled: false,
    backoffMs: 2 ** 30,
    dedupeBufferBytes: 2 ** 20,
    loadFactor: 0.9,
    ioBufferBytes: 512,
    ioMaxBytesPerSecond: 2 ** 40,
  }
  const manager = { cleaner: () => idle, ...setUp.manager }
  const opened = await openPartition(simulation.runtime('broker'), '/data', { ...setUp, config, manager })
  return { ...opened, simulation }
}

export interface FoundRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** Every batch header and record of the partition, control batches' records left out. Codecs must be loaded. */
export async function contents({ partition, runtime }: OpenPartition): Promise<{ headers: BatchHeader[]; records: FoundRecord[] }> {
  const headers: BatchHeader[] = []
  const records: FoundRecord[] = []
  const cursor = new RecordCursor()
  await partition.forEachBatch(0, (batch) => {
    if (batchSizeAt(batch, 0) !== batch.length) throw new Error('not one batch')
    const header = readBatchHeader(batch, 0)
    headers.push(header)
    let section = recordsSection(batch, 0, header)
    if (header.compression !== 'none') section = Buffer.from(runtime.codecs.loaded(header.compression)?.decompress(section, 2 ** 26) ?? [])
    cursor.reset(batch, 0, header, section)
    while (cursor.next()) {
      if (!header.isControl)
        records.push({ offset: cursor.offset, key: cursor.key()?.toString() ?? null, value: cursor.value()?.toString() ?? null })
    }
  })
  return { headers, records }
}

/** Names of the log files, by suffix. */
export function filesOf(simulation: Simulation, suffix: string): string[] {
  const paths = simulation.disk('broker').paths()
  return paths.filter((path) => path.startsWith('/data/t-0/') && path.endsWith(suffix)).map((path) => path.slice('/data/t-0/'.length))
}

/** Bytes of the log files. */
export function logBytes(simulation: Simulation): number {
  const disk = simulation.disk('broker')
  return filesOf(simulation, '.log').reduce((sum, name) => sum + disk.read(`/data/t-0/${name}`).length, 0)
}
