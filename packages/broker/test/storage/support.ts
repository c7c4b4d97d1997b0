/** Partitions over a real or a simulated disk, batches to put into them, and what comes out again. */

import {
  batchSizeAt,
  buildEndTransactionMarkerBatch,
  readBatchHeader,
  RecordBatchBuilder,
  RecordCursor,
  recordsSection,
} from '@odradek/protocol'
import type { RecordHeader } from '@odradek/protocol'
import type { CodecName, Runtime } from '@odradek/runtime'

import { Partition } from '../../src/partition/partition.ts'
import type { AppendResult, IsolationLevel } from '../../src/partition/types.ts'
import { DataDirectory } from '../../src/storage/data-directory.ts'
import type { LogConfig } from '../../src/storage/log-config.ts'
import { defaultLogConfig } from '../../src/storage/log-config.ts'
import type { LogManagerOptions } from '../../src/storage/log-manager.ts'
import { LogManager } from '../../src/storage/log-manager.ts'

export const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'

export interface OpenPartition {
  readonly runtime: Runtime
  readonly manager: LogManager
  readonly partition: Partition
  readonly warnings: string[]
  /** As a broker ends: everything synced, marked clean. */
  readonly close: () => Promise<void>
}

export interface SetUp {
  readonly config?: Partial<LogConfig>
  readonly manager?: Partial<LogManagerOptions>
  readonly leaderEpoch?: number
}

export async function openPartition(runtime: Runtime, dataDir: string, setUp: SetUp = {}): Promise<OpenPartition> {
  const directory = await DataDirectory.open(runtime.files, dataDir)
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  const logger = { info: () => undefined, warn, error: warn }
  // No time of its own: tests call checkpoint() and deleteOldSegments().
  const never = { checkpointIntervalMs: 2 ** 30, retentionCheckIntervalMs: 2 ** 30, producerExpirationCheckIntervalMs: 2 ** 30 }
  const manager = await LogManager.open({ runtime, directory, logger, ...never, ...setUp.manager })
  const config = { ...defaultLogConfig, ...setUp.config }
  try {
    const partition = await Partition.open(manager, { topic: 't', topicId, partition: 0, config, leaderEpoch: setUp.leaderEpoch ?? 0 })
    const close = async (): Promise<void> => {
      await manager.close()
      await directory.release()
    }
    return { runtime, manager, partition, warnings, close }
  } catch (error) {
    await directory.release()
    throw error
  }
}

export interface TestRecord {
  readonly key?: string | null
  readonly value?: string | null
  readonly timestampMs?: number
  readonly headers?: readonly RecordHeader[]
}

export interface BatchOptions {
  readonly codec?: CodecName
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
}

/** Codecs must be loaded. */
export function batchOf(runtime: Runtime, records: readonly TestRecord[], options: BatchOptions = {}): Buffer {
  const builder = new RecordBatchBuilder()
  const nowMs = runtime.clock.nowMs()
  for (const { key = 'key', value = 'value', timestampMs = nowMs, headers } of records) builder.append(timestampMs, key, value, headers)
  const { codec, ...rest } = options
  const implementation = codec === undefined ? undefined : runtime.codecs.loaded(codec)
  const compression = codec && implementation && { type: codec, compress: (data: Uint8Array) => implementation.compress(data) }
  return builder.build({ ...rest, compression, crc32c: (data) => runtime.codecs.crc32c(data) })
}

/** `count` records whose values are numbered from `first`. */
export function numbered(runtime: Runtime, first: number, count: number, options: BatchOptions = {}): Buffer {
  return batchOf(
    runtime,
    Array.from({ length: count }, (_, at) => ({ key: `k${first + at}`, value: `value ${first + at}` })),
    options,
  )
}

export function markerOf(
  runtime: Runtime,
  type: 'COMMIT' | 'ABORT',
  producerId: number,
  producerEpoch: number,
  coordinatorEpoch: number = 0,
): Buffer {
  return buildEndTransactionMarkerBatch({
    marker: { type, coordinatorEpoch },
    timestampMs: runtime.clock.nowMs(),
    producerId,
    producerEpoch,
    crc32c: (data) => runtime.codecs.crc32c(data),
  })
}

/** Appends and waits until it is durable. */
export async function produce(partition: Partition, batch: Buffer): Promise<AppendResult> {
  await partition.prepare(batch)
  const result = partition.append(batch, { origin: 'client' })
  if (result.errorCode === 0) await partition.whenDurable(result.lastOffset)
  return result
}

export interface ReadRecord {
  readonly offset: number
  readonly value: string | null
}

/** All records from `offset` on, read `maxBytes` at a time. */
export async function readAll(
  open: Pick<OpenPartition, 'partition' | 'runtime'>,
  offset: number,
  maxBytes: number = 4096,
  isolation: IsolationLevel = 'read_uncommitted',
): Promise<ReadRecord[]> {
  const { partition, runtime } = open
  const found: ReadRecord[] = []
  const end = isolation === 'read_committed' ? partition.lastStableOffset : partition.highWatermark
  for (let next = offset; next < end; ) {
    const { errorCode, records } = await partition.read({ offset: next, maxBytes, isolation, minOneBatch: true })
    if (errorCode !== 0) throw new Error(`error ${errorCode} at offset ${next}`)
    const before = next
    for (const chunk of records) {
      for (const record of decodeRecords(runtime, chunk as Buffer)) {
        if (record.offset >= offset) found.push(record)
        next = record.offset + 1
      }
    }
    if (next === before) throw new Error(`nothing at offset ${next}, although the end is ${end}`)
  }
  return found
}

/** The records of adjoining batches. Codecs must be loaded. */
export function decodeRecords(runtime: Runtime, batches: Buffer): ReadRecord[] {
  const found: ReadRecord[] = []
  const cursor = new RecordCursor()
  for (let at = 0; at < batches.length; at += batchSizeAt(batches, at)) {
    const header = readBatchHeader(batches, at)
    let section = recordsSection(batches, at, header)
    if (header.compression !== 'none') section = Buffer.from(runtime.codecs.loaded(header.compression)?.decompress(section, 2 ** 26) ?? [])
    cursor.reset(batches, at, header, section)
    while (cursor.next()) found.push({ offset: cursor.offset, value: cursor.value()?.toString() ?? null })
  }
  return found
}
