/** One segment of a log in memory: its extent, its indexes once loaded, and when it is full. Touches no file. */

import type { BatchHeader } from '@odradek/protocol'

import type { SegmentSuffix } from './file-names.ts'
import { segmentFileName } from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import { OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** Offsets and positions within a segment are 31-bit in its indexes. */
const MAX_RELATIVE_OFFSET = 2_147_483_647

export interface SegmentIndexes {
  readonly offset: OffsetIndex
  readonly time: TimeIndex
  readonly transaction: TransactionIndex
  /** Entries that are in the files already, so that saving writes only the rest. */
  readonly saved: { offset: number; time: number; transaction: number }
}

/** What a segment takes note of when a batch is appended; offsets are final. */
export type AppendedBatch = Pick<BatchHeader, 'lastOffset' | 'maxTimestamp' | 'sizeBytes'>

export function emptyIndexes(baseOffset: number): SegmentIndexes {
  return {
    offset: new OffsetIndex(baseOffset),
    time: new TimeIndex(baseOffset),
    transaction: new TransactionIndex(),
    saved: { offset: 0, time: 0, transaction: 0 },
  }
}

/** Records that must be compacted by some time must be in a closed segment by then. */
function longestMs({ segmentMs, cleanupCompact, maxCompactionLagMs }: LogConfig): number {
  return cleanupCompact && maxCompactionLagMs > 0 ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs
}

export class Segment {
  readonly directory: string
  readonly baseOffset: number
  /** Spreads rolls by time: taken off `segment.ms`. */
  readonly rollJitterMs: number
  readonly createdMs: number
  /** Bytes appended, those still queued for writing included. */
  sizeBytes: number
  /** Bytes in the file. */
  writtenBytes: number
  /** Undefined until something needs them. */
  indexes: SegmentIndexes | undefined
  /** −1 when no batch has a timestamp; undefined until the time index has been looked at. */
  maxTimestamp: number | undefined
  /** Last offset of the batch with the largest timestamp. */
  offsetOfMaxTimestamp: number
  /** Largest timestamp of the first batch, from which the age counts; undefined while empty or unknown. */
  firstTimestamp: number | undefined
  /** Its transaction index holds, or may hold, entries. */
  mayHaveAborted = false
  /** The directory entry of its log file is durable. */
  isDirectorySynced = false
  /** Its index files have been rebuilt since the start, and so agree with the log file. */
  isIndexRebuilt = false
  /** Taken out of the log by retention, or replaced by a cleaned one. */
  isDeleted = false
  /** What its files' names end with until they have taken their place. */
  fileSuffix: '' | '.cleaned' = ''
  #bytesSinceIndexEntry = 0

  constructor(directory: string, baseOffset: number, sizeBytes: number, createdMs: number, rollJitterMs: number) {
    this.directory = directory
    this.baseOffset = baseOffset
    this.sizeBytes = sizeBytes
    this.writtenBytes = sizeBytes
    this.createdMs = createdMs
    this.rollJitterMs = rollJitterMs
    this.offsetOfMaxTimestamp = baseOffset
    if (sizeBytes > 0) return
    this.indexes = emptyIndexes(baseOffset)
    this.maxTimestamp = -1
  }

  path(suffix: SegmentSuffix): string {
    return `${this.directory}/${segmentFileName(this.baseOffset, suffix)}${this.fileSuffix}`
  }

  /** Whether a batch must go to a new segment. Needs the indexes. */
  shouldRoll(batch: AppendedBatch, config: LogConfig, nowMs: number): boolean {
    if (this.sizeBytes > config.segmentBytes - batch.sizeBytes) return true
    if (this.sizeBytes > 0 && this.#ageMs(batch.maxTimestamp, nowMs) > longestMs(config) - this.rollJitterMs) return true
    if (batch.lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET) return true
    const indexes = this.indexes
    return indexes !== undefined && (indexes.offset.isFull(config.segmentIndexBytes) || indexes.time.isFull(config.segmentIndexBytes))
  }

  /** Notes a batch at the end of the segment, with index entries where they are due. */
  append(batch: AppendedBatch, indexIntervalBytes: number): void {
    const position = this.sizeBytes
    const indexes = (this.indexes ??= emptyIndexes(this.baseOffset))
    if (position === 0) this.firstTimestamp = batch.maxTimestamp
    if (batch.maxTimestamp > (this.maxTimestamp ?? -1)) {
      this.maxTimestamp = batch.maxTimestamp
      this.offsetOfMaxTimestamp = batch.lastOffset
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      indexes.offset.append(batch.lastOffset, position)
      indexes.time.maybeAppend(this.maxTimestamp ?? -1, this.offsetOfMaxTimestamp)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += batch.sizeBytes
    this.sizeBytes += batch.sizeBytes
  }

  /** No batch will be added for now: the time index gets its last entry, so that lookups need not read the segment's tail. */
  sealTimeIndex(): void {
    this.indexes?.time.maybeAppend(this.maxTimestamp ?? -1, this.offsetOfMaxTimestamp)
  }

  /** Starts over from a scanned prefix: bytes and indexes end at `position`. */
  resetTo(position: number, indexes: SegmentIndexes): void {
    this.sizeBytes = position
    this.writtenBytes = position
    this.indexes = indexes
    this.maxTimestamp = indexes.time.lastTimestamp
    this.offsetOfMaxTimestamp = indexes.time.lastOffset
    this.#bytesSinceIndexEntry = 0
    if (position === 0) this.firstTimestamp = undefined
  }

  /** The age counts from the first batch's timestamp where it has one, otherwise from the segment's creation. */
  #ageMs(timestampMs: number, nowMs: number): number {
    if (this.firstTimestamp !== undefined && this.firstTimestamp >= 0) return timestampMs - this.firstTimestamp
    return nowMs - this.createdMs
  }
}
