/** Cleans one log: a pass over its dirty part that notes each key's last offset, then all that lies before is written anew, group by group. */

import type { Random } from '@odradek/runtime'
import { RecordCursor } from '@odradek/protocol'
import type { BatchHeader } from '@odradek/protocol'

import { abortedTransactions } from '../aborted-transactions.ts'
import type { Log } from '../log.ts'
import type { Segment } from '../segment.ts'
import { transactionMarkerOf } from '../transaction-marker.ts'
import type { LastOfProducer } from './batch-filter.ts'
import { BatchFilter, inflate } from './batch-filter.ts'
import type { Cleanable } from './cleanable.ts'
import { CleanedSegment } from './cleaned-segment.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { OffsetMap } from './offset-map.ts'
import type { Slices } from './segment-batches.ts'
import { forEachBatch } from './segment-batches.ts'
import { groupSegments } from './segment-groups.ts'
import { swapIn } from './segment-swap.ts'

export interface CompactionOptions {
  readonly slices: Slices
  readonly random: Random
  readonly nowMs: number
  /** `log.cleaner.dedupe.buffer.size` */
  readonly mapBytes: number
  /** `log.cleaner.io.buffer.load.factor` */
  readonly mapLoadFactor: number
}

export interface Compacted {
  /** Everything below is clean now. */
  readonly endOffset: number
  readonly bytesBefore: number
  readonly bytesAfter: number
}

const INFLATED_BYTES_MAX = 268_435_456

export class LogCompaction {
  readonly #log: Log
  readonly #range: Cleanable
  readonly #options: CompactionOptions
  readonly #map: OffsetMap
  readonly #cursor = new RecordCursor()

  constructor(range: Cleanable, options: CompactionOptions) {
    this.#log = range.log
    this.#range = range
    this.#options = options
    this.#map = new OffsetMap(options.random, options.mapBytes, options.mapLoadFactor)
  }

  /** Rejects with StorageError, what `slices` rejects with, or an error of the disk; the log is whole whatever happens. */
  async run(): Promise<Compacted> {
    const log = this.#log
    await this.#fillMap()
    const endOffset = Math.max(this.#map.latestOffset + 1, this.#range.firstDirtyOffset)
    const upTo = Math.min(endOffset, this.#range.firstUncleanableOffset)
    const segments = log.segments.filter(({ baseOffset }) => baseOffset < upTo)
    const measured: { segment: Segment; indexes: NonNullable<Segment['indexes']> }[] = []
    for (const segment of segments) measured.push({ segment, indexes: await log.ensureIndexes(segment) })
    const transactions = new CleanedTransactions()
    const filter = this.#filter(transactions)
    const bytesBefore = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    let bytesAfter = 0
    for (const group of groupSegments(measured, log.config, this.#range.firstUncleanableOffset)) {
      bytesAfter += await this.#cleanGroup(group, filter, transactions)
    }
    return { endOffset, bytesBefore, bytesAfter }
  }

  #filter(transactions: CleanedTransactions): BatchFilter {
    const { codecs, workers } = this.#log.context
    return new BatchFilter({
      map: this.#map,
      transactions,
      producers: lastOfProducers(this.#log),
      nowMs: this.#options.nowMs,
      deleteRetentionMs: this.#log.config.deleteRetentionMs,
      inflatedBytesMax: INFLATED_BYTES_MAX,
      codecs,
      workers,
    })
  }

  async #fillMap(): Promise<void> {
    const { firstDirtyOffset, firstUncleanableOffset } = this.#range
    const log = this.#log
    const transactions = new CleanedTransactions()
    transactions.add(await abortedTransactions(log, firstDirtyOffset, firstUncleanableOffset))
    const first = log.segmentFor(firstDirtyOffset)
    for (const segment of log.segments.slice(first === undefined ? 0 : log.segments.indexOf(first))) {
      if (segment.baseOffset >= firstUncleanableOffset || this.#map.isFull) return
      const { offset } = await log.ensureIndexes(segment)
      const visit = (batch: Buffer, header: BatchHeader): Promise<boolean> => this.#note(batch, header, transactions)
      await forEachBatch(log, segment, offset.positionFor(firstDirtyOffset), this.#options.slices, visit)
    }
  }

  /** False when the map is full. */
  async #note(batch: Buffer, header: BatchHeader, transactions: CleanedTransactions): Promise<boolean> {
    const map = this.#map
    const isLeftOut = header.isControl
      ? (transactions.onMarker(header, transactionMarkerOf(batch, 0, header)), true)
      : transactions.onData(header)
    if (!isLeftOut) {
      const { codecs, workers } = this.#log.context
      const records = await inflate(batch, header, { codecs, workers, inflatedBytesMax: INFLATED_BYTES_MAX })
      this.#cursor.reset(batch, 0, header, records)
      while (this.#cursor.next()) if (!this.#put(this.#cursor)) return false
    }
    if (header.lastOffset >= this.#range.firstDirtyOffset) map.advance(header.lastOffset)
    return true
  }

  #put({ offset, buffer, keyStart, keyLength }: RecordCursor): boolean {
    if (offset < this.#range.firstDirtyOffset) return true
    if (keyLength < 0) this.#map.advance(offset)
    else if (this.#map.isFull) return false
    else this.#map.put(buffer, keyStart, keyLength, offset)
    return true
  }

  /** Returns how many bytes are left. */
  async #cleanGroup(group: readonly Segment[], filter: BatchFilter, transactions: CleanedTransactions): Promise<number> {
    const log = this.#log
    const { slices } = this.#options
    const cleaned = await CleanedSegment.create(log, group, slices.bytes)
    try {
      transactions.index = cleaned.segment.indexes?.transaction
      for (const segment of group) {
        const next = log.segments[log.segments.indexOf(segment) + 1] as Segment
        transactions.add(await abortedTransactions(log, segment.baseOffset, next.baseOffset))
        await forEachBatch(log, segment, 0, slices, async (batch, header) => {
          const kept = await filter.retain(batch, header)
          if (kept !== undefined) await cleaned.append(kept)
          return true
        })
      }
      await cleaned.finish()
      await slices.take(cleaned.segment.sizeBytes)
    } catch (error) {
      await cleaned.discard()
      throw error
    }
    await swapIn(log, group, cleaned.segment)
    return cleaned.segment.sizeBytes
  }
}

function lastOfProducers({ producers }: Log): Map<number, LastOfProducer> {
  const last = new Map<number, LastOfProducer>()
  for (const { producerId, producerEpoch, batches } of producers.producers) {
    last.set(producerId, { lastOffset: batches.at(-1)?.lastOffset, producerEpoch })
  }
  return last
}
