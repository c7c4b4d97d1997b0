/** Decides what is left of a batch: superseded records, expired tombstones, aborted data and markers without data go. */

import type { BatchHeader } from '@odradek/protocol'
import { deleteHorizonOf, RecordCursor, recordsSection, selectRecords, withoutRecords, withRecords } from '@odradek/protocol'
import type { CodecName, Codecs, Workers } from '@odradek/runtime'

import { transactionMarkerOf } from '../transaction-marker.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { OffsetMap } from './offset-map.ts'

/** Below this a thread's round trip costs more than it saves. */
const OFFLOADED_BYTES_MIN = 65_536

/** The last that an active producer has written, by which it is known when it writes again. */
export interface LastOfProducer {
  /** Of its last batch with data; undefined when all that is known of its epoch is a marker. */
  readonly lastOffset: number | undefined
  readonly producerEpoch: number
}

export interface BatchFilterOptions {
  readonly map: OffsetMap
  readonly transactions: CleanedTransactions
  readonly producers: ReadonlyMap<number, LastOfProducer>
  readonly nowMs: number
  /** `delete.retention.ms` */
  readonly deleteRetentionMs: number
  /** The most that a batch may inflate to. */
  readonly inflatedBytesMax: number
  readonly codecs: Codecs
  readonly workers: Workers
}

interface Selection {
  readonly isKept: Uint8Array
  count: number
  maxTimestamp: number
  hasTombstone: boolean
}

export class BatchFilter {
  readonly #options: BatchFilterOptions
  readonly #cursor = new RecordCursor()
  readonly #crc32c: (data: Uint8Array) => number

  constructor(options: BatchFilterOptions) {
    this.#options = options
    this.#crc32c = (data) => options.codecs.crc32c(data)
  }

  /** The batch itself when all of it stays, a new one, or undefined when nothing is left. Rejects with MalformedError on damaged records. */
  async retain(batch: Buffer, header: BatchHeader): Promise<Buffer | undefined> {
    const { transactions, nowMs } = this.#options
    const { isControl } = header
    const isObsolete = isControl ? transactions.onMarker(header, transactionMarkerOf(batch, 0, header)) : transactions.onData(header)
    const horizonMs = deleteHorizonOf(header)
    if (isObsolete && (!isControl || (horizonMs !== undefined && horizonMs <= nowMs))) return this.#emptied(batch, header)
    const records = await inflate(batch, header, this.#options)
    const selection = this.#select(batch, header, records, horizonMs)
    if (selection.count === 0) return this.#emptied(batch, header)
    const needsHorizon = horizonMs === undefined && (selection.hasTombstone || isObsolete)
    if (selection.count === header.recordCount && !needsHorizon) return batch
    return await this.#rewrite(batch, header, records, selection, needsHorizon)
  }

  /** A batch that lost its records stays while it tells a producer's last sequence. */
  #emptied(batch: Buffer, header: BatchHeader): Buffer | undefined {
    return this.#isLastOfProducer(header) ? withoutRecords(batch, 0, this.#crc32c) : undefined
  }

  #isLastOfProducer(header: BatchHeader): boolean {
    const last = header.producerId < 0 ? undefined : this.#options.producers.get(header.producerId)
    if (last === undefined) return false
    if (last.lastOffset !== undefined) return header.lastOffset === last.lastOffset
    return header.isControl && header.producerEpoch === last.producerEpoch
  }

  #select(batch: Buffer, header: BatchHeader, records: Buffer, horizonMs: number | undefined): Selection {
    const { nowMs } = this.#options
    const keepsTombstones = horizonMs === undefined || nowMs < horizonMs
    const selection: Selection = { isKept: new Uint8Array(header.recordCount), count: 0, maxTimestamp: -1, hasTombstone: false }
    const cursor = this.#cursor
    cursor.reset(batch, 0, header, records)
    for (let index = 0; cursor.next(); index++) {
      if (!header.isControl && !this.#isRetained(cursor, keepsTombstones)) continue
      selection.isKept[index] = 1
      selection.count++
      if (cursor.valueLength < 0) selection.hasTombstone = true
      if (cursor.timestampMs > selection.maxTimestamp) selection.maxTimestamp = cursor.timestampMs
    }
    return selection
  }

  #isRetained(cursor: RecordCursor, keepsTombstones: boolean): boolean {
    const { map } = this.#options
    if (cursor.offset > map.latestOffset) return true
    if (cursor.keyLength < 0) return false
    return cursor.offset >= map.get(cursor.buffer, cursor.keyStart, cursor.keyLength) && (cursor.valueLength >= 0 || keepsTombstones)
  }

  async #rewrite(batch: Buffer, header: BatchHeader, records: Buffer, selection: Selection, needsHorizon: boolean): Promise<Buffer> {
    const { nowMs, deleteRetentionMs } = this.#options
    const deleteHorizonMs = needsHorizon ? Math.min(nowMs + deleteRetentionMs, Number.MAX_SAFE_INTEGER) : undefined
    this.#cursor.reset(batch, 0, header, records)
    const kept = selectRecords(this.#cursor, selection.isKept, deleteHorizonMs)
    const section = header.compression === 'none' ? kept : await compress(header.compression, kept, this.#options)
    return withRecords(
      batch,
      0,
      section,
      { recordCount: selection.count, maxTimestamp: selection.maxTimestamp, deleteHorizonMs },
      this.#crc32c,
    )
  }
}

/** The records of a whole batch, large ones inflated by the workers. Rejects with CorruptCompressionError or DecompressionBoundError. */
export async function inflate(
  batch: Buffer,
  header: BatchHeader,
  { codecs, workers, inflatedBytesMax }: Pick<BatchFilterOptions, 'codecs' | 'workers' | 'inflatedBytesMax'>,
): Promise<Buffer> {
  const section = recordsSection(batch, 0, header)
  const { compression } = header
  if (compression === 'none' || header.recordCount === 0) return section
  const inflated =
    section.length < OFFLOADED_BYTES_MIN
      ? (await codecs.load(compression)).decompress(section, inflatedBytesMax)
      : await workers.decompress(compression, section, inflatedBytesMax)
  return Buffer.from(inflated.buffer, inflated.byteOffset, inflated.length)
}

async function compress(name: CodecName, records: Buffer, { codecs, workers }: BatchFilterOptions): Promise<Uint8Array> {
  if (records.length >= OFFLOADED_BYTES_MIN) return await workers.compress(name, records)
  return (await codecs.load(name)).compress(records)
}
