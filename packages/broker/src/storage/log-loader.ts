/**
 * Opens a log's directory. What lies below the recovery point was synced and is taken as it is; the rest is scanned, and cut at the first
 * batch that is not whole. After a clean shutdown that rest is the last few kilobytes, and must be sound.
 */

import { batchCrcIsValid, batchLayout } from '@odradek/protocol'

import type { BatchVisitor } from './batch-scanner.ts'
import { headerAt, scanBatches, walkBatches } from './batch-scanner.ts'
import { recoverSwaps } from './cleaner/segment-swap.ts'
import { CheckpointError, parseEpochCheckpoint } from './checkpoint-file.ts'
import { DELETED_SUFFIX, LEADER_EPOCH_CHECKPOINT, parseSegmentFileName, segmentFileName } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { Log } from './log.ts'
import { recallBatches } from './producer-recall.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'
import type { SegmentIndexes } from './segment.ts'
import { emptyIndexes, Segment } from './segment.ts'
import { readIndexFiles, saveIndexes } from './segment-indexes.ts'
import { CorruptSegmentError } from './storage-error.ts'
import { transactionMarkerOf } from './transaction-marker.ts'

export interface OpenLogOptions {
  readonly directory: string
  readonly config: LogConfig
  /** The data directory was closed in order. */
  readonly isClean: boolean
  /** From the checkpoint; 0 when unknown. */
  readonly recoveryPoint: number
  /** From the checkpoint; 0 when unknown. */
  readonly logStartOffset: number
}

/** Where a scan of a segment starts, and its indexes up to there. */
interface ResumePoint {
  readonly position: number
  /** Of the batch there. */
  readonly offset: number
  readonly indexes: SegmentIndexes
}

/** Throws CorruptSegmentError when what was synced is damaged: that is not cut off but left for a person to judge. */
export async function openLog(context: LogContext, options: OpenLogOptions): Promise<Log> {
  return await new LogLoader(context, options).load()
}

class LogLoader {
  readonly #context: LogContext
  readonly #options: OpenLogOptions
  /** Data below was synced. Infinity after a clean shutdown. */
  readonly #soundBelow: number
  #segments: Segment[] = []
  #snapshotOffsets: number[] = []
  #epochs = new LeaderEpochs()
  #producers = new ProducerState(0)
  #snapshotOffset = -1

  constructor(context: LogContext, options: OpenLogOptions) {
    this.#context = context
    this.#options = options
    this.#soundBelow = options.isClean ? Number.POSITIVE_INFINITY : options.recoveryPoint
  }

  async load(): Promise<Log> {
    await recoverSwaps(this.#context.files, this.#context.pool, this.#options.directory)
    await this.#listFiles()
    await this.#loadEpochs()
    let nextOffset = this.#segments.length === 0 ? this.#startEmpty() : await this.#recover()
    if (nextOffset < this.#options.logStartOffset) {
      this.#context.logger.warn(
        `${this.#options.directory}: ends at ${nextOffset}, before its start ${this.#options.logStartOffset}: starting empty`,
      )
      await this.#discard(this.#segments.splice(0))
      nextOffset = this.#startEmpty()
    }
    const logStartOffset = Math.max(this.#options.logStartOffset, (this.#segments[0] as Segment).baseOffset)
    this.#epochs.truncateFromEnd(nextOffset)
    this.#epochs.truncateFromStart(logStartOffset)
    await this.#removeStraySnapshots(nextOffset)
    this.#producers.onHighWatermark(nextOffset)
    return new Log(this.#context, this.#options.directory, this.#options.config, {
      segments: this.#segments,
      logStartOffset,
      nextOffset,
      recoveryPoint: Math.min(this.#soundBelow, nextOffset),
      producers: this.#producers,
      epochs: this.#epochs,
      snapshotOffset: this.#snapshotOffset,
    })
  }

  async #listFiles(): Promise<void> {
    const { files, clock } = this.#context
    const { directory } = this.#options
    const entries = await files.list(directory)
    const parsed = entries.flatMap(({ name }) => {
      const file = parseSegmentFileName(name)
      return file === undefined ? [] : [{ ...file, name }]
    })
    for (const { name } of entries) if (name.endsWith(DELETED_SUFFIX)) await files.remove(`${directory}/${name}`)
    this.#snapshotOffsets = parsed.filter(({ suffix }) => suffix === 'snapshot').map(({ baseOffset }) => baseOffset)
    const logs = parsed.filter(({ suffix }) => suffix === 'log')
    this.#segments = await Promise.all(
      logs.map(async ({ baseOffset, name }) => {
        const stat = await files.stat(`${directory}/${name}`)
        return new Segment(directory, baseOffset, stat?.sizeBytes ?? 0, stat?.modifiedMs ?? clock.nowMs(), 0)
      }),
    )
    for (const { baseOffset, suffix, name } of parsed) {
      if (suffix === 'log' || suffix === 'snapshot') continue
      const segment = this.#segments.find((candidate) => candidate.baseOffset === baseOffset)
      if (segment === undefined) await files.remove(`${directory}/${name}`)
      else if (suffix === 'txnindex') segment.mayHaveAborted = true
    }
  }

  async #loadEpochs(): Promise<void> {
    const path = `${this.#options.directory}/${LEADER_EPOCH_CHECKPOINT}`
    try {
      if ((await this.#context.files.stat(path)) === undefined) return
      this.#epochs = new LeaderEpochs(parseEpochCheckpoint(await this.#context.files.readFile(path)))
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      this.#context.logger.warn(`${path}: ${error.message}`)
    }
  }

  #startEmpty(): number {
    const offset = this.#options.logStartOffset
    this.#segments = [new Segment(this.#options.directory, offset, 0, this.#context.clock.nowMs(), 0)]
    this.#producers = new ProducerState(offset)
    return offset
  }

  /** Scans from the recovery point on. Returns the offset after the last sound batch. */
  async #recover(): Promise<number> {
    const firstAt = Math.max(
      0,
      this.#segments.findLastIndex(({ baseOffset }) => baseOffset <= this.#soundBelow),
    )
    const first = this.#segments[firstAt] as Segment
    const resume = await this.#resumePoint(first)
    await this.#loadProducers(resume.position > 0 ? this.#soundBelow : first.baseOffset)
    await recallBatches(this.#context, this.#segments, this.#producers)
    if (resume.position > 0) resume.indexes.transaction.truncateFrom(this.#producers.endOffset)
    await this.#replay(firstAt, resume)
    let nextOffset = first.baseOffset
    for (let at = firstAt; at < this.#segments.length; at++) {
      const segment = this.#segments[at] as Segment
      const from = at === firstAt ? resume : { position: 0, offset: segment.baseOffset, indexes: emptyIndexes(segment.baseOffset) }
      const scanned = await this.#scan(segment, from, this.#segments[at + 1]?.baseOffset ?? Number.MAX_SAFE_INTEGER)
      nextOffset = scanned.nextOffset
      if (!this.#options.isClean && segment.writtenBytes > from.position) await this.#syncRecovered(segment)
      if (scanned.isTruncated) {
        await this.#discard(this.#segments.splice(at + 1))
        break
      }
      if (at < this.#segments.length - 1) segment.sealTimeIndex()
      if (!this.#options.isClean) await saveIndexes(this.#indexFiles(), segment, false)
    }
    return nextOffset
  }

  /**
   * What a dead process wrote may be in the kernel's memory alone, and counts as written from here on: it is acknowledged when its
   * producer sends it again, and later segments are acknowledged on top of it.
   */
  async #syncRecovered(segment: Segment): Promise<void> {
    const { pool, files } = this.#context
    await pool.use(segment.path('log'), false, (handle) => handle.sync())
    await files.syncDirectory(segment.directory)
    await files.syncDirectory(segment.directory.slice(0, segment.directory.lastIndexOf('/')))
  }

  /** The last indexed batch below the recovery point, if the indexes are sound; otherwise the segment's start. */
  async #resumePoint(segment: Segment): Promise<ResumePoint> {
    const start = { position: 0, offset: segment.baseOffset, indexes: emptyIndexes(segment.baseOffset) }
    const indexes = segment.sizeBytes === 0 ? undefined : await readIndexFiles(this.#context.files, segment)
    if (indexes === undefined) return start
    const entry = indexes.offset.floorEntry(Math.min(this.#soundBelow, Number.MAX_SAFE_INTEGER) - 1)
    if (entry < 0) return start
    const position = indexes.offset.positionAt(entry)
    const header = await this.#headerAt(segment, position)
    if (header === undefined || header.lastOffset !== indexes.offset.offsetAt(entry)) return start
    segment.firstTimestamp = (await this.#headerAt(segment, 0))?.maxTimestamp
    indexes.offset.truncate(entry + 1)
    indexes.time.truncateAfter(header.lastOffset)
    indexes.saved.offset = 0
    indexes.saved.time = 0
    indexes.saved.transaction = 0
    return { position, offset: header.baseOffset, indexes }
  }

  async #headerAt(segment: Segment, position: number): Promise<Exclude<ReturnType<typeof headerAt>, string> | undefined> {
    const buffer = Buffer.alloc(batchLayout.BATCH_HEADER_BYTES)
    await this.#context.pool.use(segment.path('log'), false, (handle) => handle.read(buffer, 0, buffer.length, position))
    const header = headerAt(buffer, 0)
    return typeof header === 'string' ? undefined : header
  }

  /** From the newest sound snapshot at or below `limit`. */
  async #loadProducers(limit: number): Promise<void> {
    this.#producers = new ProducerState((this.#segments[0] as Segment).baseOffset)
    const offsets = this.#snapshotOffsets.filter((offset) => offset <= limit).sort((left, right) => right - left)
    for (const offset of offsets) {
      const path = `${this.#options.directory}/${segmentFileName(offset, 'snapshot')}`
      const entries = decodeProducerSnapshot(await this.#context.files.readFile(path), (data) => this.#context.codecs.crc32c(data))
      if (entries !== undefined) {
        this.#producers = new ProducerState(offset, entries)
        this.#snapshotOffset = offset
        return
      }
      this.#context.logger.warn(`${path}: corrupt producer snapshot removed`)
      await this.#context.files.remove(path)
    }
  }

  /** Brings the producers from their snapshot up to where the scan starts, and the index of aborted transactions with them. */
  async #replay(untilSegment: number, until: ResumePoint): Promise<void> {
    const first = this.#segments.findLastIndex(({ baseOffset }) => baseOffset <= this.#producers.endOffset)
    for (let at = Math.max(first, 0); at <= untilSegment && this.#producers.endOffset < until.offset; at++) {
      const segment = this.#segments[at] as Segment
      const end = at === untilSegment ? until.position : segment.writtenBytes
      await this.#context.pool.use(segment.path('log'), false, (handle) =>
        walkBatches(handle, segment.path('log'), 0, end, ({ header, buffer, at: position }) => {
          if (header.baseOffset < this.#producers.endOffset) return true
          const aborted = this.#producers.apply(header, transactionMarkerOf(buffer, position, header))
          if (aborted === undefined || at < untilSegment) return true
          until.indexes.transaction.append(aborted)
          segment.mayHaveAborted = true
          return true
        }),
      )
    }
  }

  async #scan(segment: Segment, from: ResumePoint, nextBaseOffset: number): Promise<{ nextOffset: number; isTruncated: boolean }> {
    const path = segment.path('log')
    const fileBytes = segment.writtenBytes
    const { codecs, pool, logger } = this.#context
    const crc32c = (data: Uint8Array): number => codecs.crc32c(data)
    let nextOffset = segment.baseOffset
    segment.resetTo(from.position, from.indexes)
    const visit: BatchVisitor = ({ header, buffer, at }) => {
      if (header.baseOffset < nextOffset || header.lastOffset < header.baseOffset) return `offset ${header.baseOffset} is out of order`
      if (header.lastOffset >= nextBaseOffset) return `offset ${header.lastOffset} belongs to a later segment`
      if (!batchCrcIsValid(buffer, at, crc32c)) return 'wrong CRC'
      nextOffset = header.lastOffset + 1
      this.#take(segment, header, buffer, at)
      return true
    }
    const { position, defect } = await pool.use(path, false, (handle) => scanBatches(handle, from.position, fileBytes, visit))
    segment.writtenBytes = position
    if (defect === undefined) return { nextOffset, isTruncated: false }
    if (nextOffset < this.#soundBelow) {
      throw new CorruptSegmentError(
        path,
        position,
        `${defect}. This data was synced before: restore the file, or remove the partition's directory to give it up`,
      )
    }
    logger.warn(`${path}: ${defect} at byte ${position}; ${fileBytes - position} bytes of unacknowledged or unsynced data cut off`)
    await pool.use(path, false, async (handle) => {
      await handle.truncate(position)
      await handle.sync()
    })
    return { nextOffset, isTruncated: true }
  }

  #take(segment: Segment, header: Exclude<ReturnType<typeof headerAt>, string>, buffer: Buffer, at: number): void {
    segment.append(header, this.#options.config.indexIntervalBytes)
    this.#epochs.assign(header.partitionLeaderEpoch, header.baseOffset)
    if (header.baseOffset < this.#producers.endOffset) return
    const aborted = this.#producers.apply(header, transactionMarkerOf(buffer, at, header))
    if (aborted === undefined) return
    segment.indexes?.transaction.append(aborted)
    segment.mayHaveAborted = true
  }

  async #discard(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      this.#context.logger.warn(`${segment.path('log')}: removed, because the log ends before it`)
      await this.#context.pool.evict(segment.path('log'))
      for (const suffix of ['log', 'index', 'timeindex', 'txnindex'] as const) await this.#context.files.remove(segment.path(suffix))
    }
  }

  async #removeStraySnapshots(nextOffset: number): Promise<void> {
    for (const offset of this.#snapshotOffsets) {
      const isSegmentStart = offset <= nextOffset && this.#segments.some(({ baseOffset }) => baseOffset === offset)
      if (isSegmentStart || offset === this.#snapshotOffset) continue
      await this.#context.files.remove(`${this.#options.directory}/${segmentFileName(offset, 'snapshot')}`)
    }
  }

  #indexFiles(): Log['indexFiles'] {
    const { files, pool, logger, codecs } = this.#context
    return { files, pool, logger, indexIntervalBytes: this.#options.config.indexIntervalBytes, crc32c: (data) => codecs.crc32c(data) }
  }
}
