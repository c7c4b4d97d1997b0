/** An append-only log of record batches over segments: append, roll, flush, close. Loading, reading and retention are beside it. */

import type { BatchHeader, EndTransactionMarker } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'

import { LEADER_EPOCH_CHECKPOINT, segmentFileName } from './file-names.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { LogWriter } from './log-writer.ts'
import { encodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerState } from './producer-state.ts'
import { Segment } from './segment.ts'
import type { IndexFilesContext } from './segment-indexes.ts'
import { loadIndexes, saveIndexes } from './segment-indexes.ts'
import type { StorageError } from './storage-error.ts'
import { TailCache } from './tail-cache.ts'

/** The longest that a timer can wait; `flush.ms` beyond it means never. */
const MAX_TIMER_MS = 2_147_483_647

/** What the loader found on disk. */
export interface LoadedLog {
  /** By base offset; the last one is active. Never empty. */
  readonly segments: Segment[]
  readonly logStartOffset: number
  readonly nextOffset: number
  readonly recoveryPoint: number
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  /** Offset of the newest producer snapshot on disk, −1 when there is none. */
  readonly snapshotOffset: number
}

export interface LogListener {
  /** Everything below `endOffset` may be read and acknowledged: so many bytes more than before. */
  onWritten(endOffset: number, bytes: number): void
  onFailure(error: StorageError): void
}

export class Log {
  readonly directory: string
  readonly context: LogContext
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  readonly cache: TailCache
  readonly segments: Segment[]
  config: LogConfig
  logStartOffset: number
  listener: LogListener | undefined
  /** Retention or compaction is at its segments; the other leaves them alone meanwhile. */
  isInUpkeep = false
  /** Positions where sequential readers left off, by the offset they want next. */
  readonly readHints: Map<number, { segment: Segment; position: number }> = new Map()
  #nextOffset: number
  #recoveryPoint: number
  #snapshotOffset: number
  readonly #writer: LogWriter
  /** Producer snapshots taken at rolls, until the segment they close is written. */
  readonly #rollSnapshots = new Map<Segment, { nextBaseOffset: number; snapshot: Buffer }>()
  /** Syncs and saving of metadata, one after the other. Never rejects: failures take the log offline. */
  #background: Promise<void> = Promise.resolve()
  #isClosed = false
  /** Appended to since it was opened. */
  #isTouched = false
  /** Pending while there is something that `flush.ms` wants synced. */
  #flushTimer: Timer | undefined

  constructor(context: LogContext, directory: string, config: LogConfig, loaded: LoadedLog) {
    this.context = context
    this.directory = directory
    this.config = config
    this.segments = loaded.segments
    this.logStartOffset = loaded.logStartOffset
    this.producers = loaded.producers
    this.epochs = loaded.epochs
    this.cache = new TailCache(context.cachePool)
    this.#nextOffset = loaded.nextOffset
    this.#recoveryPoint = loaded.recoveryPoint
    this.#snapshotOffset = loaded.snapshotOffset
    this.#writer = new LogWriter(
      {
        pool: context.pool,
        budget: context.budget,
        flushMessages: () => this.config.flushMessages,
        syncDirectories: (path) => this.#syncDirectories(path),
        onWritten: (endOffset, bytes) => this.listener?.onWritten(endOffset, bytes),
        onSegmentComplete: (segment) => this.#segmentComplete(segment),
        onFailure: (error) => this.#failed(error),
      },
      loaded.nextOffset,
    )
  }

  /** The offset that the next record gets. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Exclusive end of what is in the files, and so readable. */
  get writtenOffset(): number {
    return this.#writer.writtenOffset
  }

  /** Everything below is synced. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  get failure(): StorageError | undefined {
    return this.#writer.failure
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get activeSegment(): Segment {
    return this.segments[this.segments.length - 1] as Segment
  }

  get sizeBytes(): number {
    let total = 0
    for (const segment of this.segments) total += segment.sizeBytes
    return total
  }

  /** Takes a batch whose offsets, epoch and timestamps are final, and queues its write. The chunk must stay untouched from now on. */
  append(chunk: Buffer, header: BatchHeader, marker: EndTransactionMarker | undefined): void {
    this.#isTouched = true
    let segment = this.activeSegment
    if (segment.shouldRoll(header, this.config, this.context.clock.nowMs())) segment = this.roll()
    segment.append(header, this.config.indexIntervalBytes)
    const aborted = this.producers.apply(header, marker)
    if (aborted !== undefined) {
      segment.indexes?.transaction.append(aborted)
      segment.mayHaveAborted = true
    }
    this.#nextOffset = header.lastOffset + 1
    this.cache.append(chunk, header.baseOffset, this.#nextOffset)
    this.#writer.enqueue(segment, chunk, this.#nextOffset, header.recordCount)
    if (this.config.flushMs < MAX_TIMER_MS) this.#flushTimer ??= this.#startFlushTimer(this.config.flushMs)
  }

  /** Takes a changed configuration: what waits for `flush.ms` waits for the new one. */
  reconfigure(config: LogConfig): void {
    const isFlushedOtherwise = config.flushMs !== this.config.flushMs
    this.config = config
    if (!isFlushedOtherwise || this.#recoveryPoint >= this.#nextOffset) return
    this.#flushTimer?.cancel()
    this.#flushTimer = config.flushMs < MAX_TIMER_MS ? this.#startFlushTimer(config.flushMs) : undefined
  }

  /** Notes, durably, that a new leader writes from the log's end on, even when it never will. Ignored when the epoch is not newer. */
  beginEpoch(epoch: number): void {
    this.epochs.assign(epoch, this.#nextOffset)
    if (this.epochs.isDirty) this.#background = this.#background.then(() => this.#saveEpochs())
  }

  whenWritten(lastOffset: number): Promise<void> {
    return this.#writer.whenWritten(lastOffset)
  }

  /** Starts a new active segment at the log's end. A no-op while the active one is empty. */
  roll(): Segment {
    const previous = this.activeSegment
    if (previous.sizeBytes === 0) return previous
    previous.sealTimeIndex()
    const snapshot = this.#encodeSnapshot()
    this.#rollSnapshots.set(previous, { nextBaseOffset: this.#nextOffset, snapshot })
    const jitterMs = this.config.segmentJitterMs > 0 ? this.context.random.int(this.config.segmentJitterMs) : 0
    const segment = new Segment(this.directory, this.#nextOffset, 0, this.context.clock.nowMs(), jitterMs)
    this.segments.push(segment)
    return segment
  }

  /** Takes the first `count` segments out; the log starts no earlier than the next one. At least one must stay. */
  removeSegments(count: number): Segment[] {
    const removed = this.segments.splice(0, count)
    for (const segment of removed) {
      segment.isDeleted = true
      this.#rollSnapshots.delete(segment)
      this.context.residentIndexes.forget(segment)
    }
    this.advanceLogStart((this.segments[0] as Segment).baseOffset)
    return removed
  }

  /** Puts a cleaned segment in the place of the adjoining ones that it was made from. */
  replaceSegments(replaced: readonly Segment[], cleaned: Segment): void {
    const first = this.segments.indexOf(replaced[0] as Segment)
    cleaned.fileSuffix = ''
    cleaned.isDirectorySynced = true
    this.segments.splice(first, replaced.length, cleaned)
    for (const segment of replaced) {
      segment.isDeleted = true
      this.context.residentIndexes.forget(segment)
    }
    for (const [offset, { segment }] of this.readHints) if (segment.isDeleted) this.readHints.delete(offset)
    this.cache.dropBefore((this.segments[first + 1] as Segment).baseOffset)
  }

  /** Moves the log start forward; ignored when it is there already. */
  advanceLogStart(offset: number): void {
    if (offset <= this.logStartOffset) return
    this.logStartOffset = offset
    this.epochs.truncateFromStart(offset)
  }

  /** The segment that holds `offset`, or would hold it were it not compacted away; undefined below the first. */
  segmentFor(offset: number): Segment | undefined {
    const { segments } = this
    let low = 0
    let high = segments.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((segments[middle] as Segment).baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return segments[low - 1]
  }

  /** Loads the segment's indexes unless it has them. */
  async ensureIndexes(segment: Segment): Promise<NonNullable<Segment['indexes']>> {
    const indexes = segment.indexes ?? (await loadIndexes(this.indexFiles, segment))
    segment.maxTimestamp ??= indexes.time.lastTimestamp
    if (segment !== this.activeSegment && !this.#rollSnapshots.has(segment)) this.context.residentIndexes.touch(segment)
    return indexes
  }

  get indexFiles(): IndexFilesContext {
    const { files, pool, logger, codecs } = this.context
    return { files, pool, logger, indexIntervalBytes: this.config.indexIntervalBytes, crc32c: (data) => codecs.crc32c(data) }
  }

  /** Syncs everything appended so far and moves the recovery point there. Rejects with StorageError, after which the log is offline. */
  async flush(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    const target = this.#nextOffset
    if (this.#recoveryPoint >= target && (this.#snapshotOffset >= target || !this.#isTouched)) return
    const segment = this.activeSegment
    const snapshot = this.#encodeSnapshot()
    const flushed = this.#background.then(() => this.#flushTo(target, segment, snapshot))
    this.#background = flushed.catch(() => undefined)
    await flushed
  }

  /** Flushes and closes the files; nothing may be appended or read afterwards. Rejects with StorageError when the flush fails. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      if (this.failure !== undefined) return
      this.activeSegment.sealTimeIndex()
      await this.flush()
      await this.#background
      if (this.#isTouched) await saveIndexes(this.indexFiles, this.activeSegment, true)
    } finally {
      await this.releaseFiles()
    }
  }

  /** Waits for what is under way and closes every file, saving nothing more. */
  async releaseFiles(): Promise<void> {
    this.#isClosed = true
    this.#flushTimer?.cancel()
    await this.#writer.whenIdle()
    await this.#background
    this.cache.clear()
    this.readHints.clear()
    for (const segment of this.segments) {
      this.context.residentIndexes.forget(segment)
      await this.context.pool.evict(segment.path('log'))
    }
  }

  /** Takes the log offline. */
  fail(reason: unknown): StorageError {
    return this.#writer.fail(reason)
  }

  #segmentComplete(segment: Segment): void {
    this.#background = this.#background.then(async () => {
      try {
        if (this.failure === undefined) await this.#syncRolled(segment)
      } catch (error) {
        this.#writer.fail(error)
      }
    })
  }

  async #saveEpochs(): Promise<void> {
    if (this.failure !== undefined || !this.epochs.isDirty) return
    try {
      await this.context.files.writeFileAtomic(`${this.directory}/${LEADER_EPOCH_CHECKPOINT}`, this.epochs.encode())
    } catch (error) {
      this.#writer.fail(error)
    }
  }

  /** Makes a rolled segment, all of it written, durable with its metadata. A no-op when it is already. */
  async #syncRolled(segment: Segment): Promise<void> {
    const roll = this.#rollSnapshots.get(segment)
    if (roll === undefined) return
    await this.#writer.sync(segment)
    await this.#saveMetadata(segment, roll.nextBaseOffset, roll.snapshot)
    this.#rollSnapshots.delete(segment)
    if (!segment.isDeleted) this.context.residentIndexes.touch(segment)
  }

  async #flushTo(target: number, segment: Segment, snapshot: Buffer): Promise<void> {
    try {
      await this.#writer.whenWritten(target - 1)
      // Their own turn may come after this one, and the recovery point must not pass them.
      for (const [rolled, { nextBaseOffset }] of this.#rollSnapshots) if (nextBaseOffset <= target) await this.#syncRolled(rolled)
      if (segment.sizeBytes > 0) await this.#writer.sync(segment)
      await this.#saveMetadata(segment, target, snapshot)
    } catch (error) {
      throw this.#writer.fail(error)
    }
  }

  /** Indexes, producer snapshot and epochs as of `offset`, whose data is synced already; then the recovery point may move. */
  async #saveMetadata(segment: Segment, offset: number, snapshot: Buffer): Promise<void> {
    const { files } = this.context
    await saveIndexes(this.indexFiles, segment, true)
    await files.writeFileAtomic(`${this.directory}/${segmentFileName(offset, 'snapshot')}`, snapshot)
    if (this.epochs.isDirty) await files.writeFileAtomic(`${this.directory}/${LEADER_EPOCH_CHECKPOINT}`, this.epochs.encode())
    const previous = this.#snapshotOffset
    if (offset > previous) this.#snapshotOffset = offset
    // Snapshots at a segment's start serve recovery as long as the segment is there; others only until the next one.
    const isStray = previous >= 0 && previous < offset && !this.segments.some(({ baseOffset }) => baseOffset === previous)
    if (isStray) await files.remove(`${this.directory}/${segmentFileName(previous, 'snapshot')}`)
    if (offset > this.#recoveryPoint) this.#recoveryPoint = offset
  }

  #encodeSnapshot(): Buffer {
    return encodeProducerSnapshot(this.producers.toSnapshot(), (data) => this.context.codecs.crc32c(data))
  }

  #startFlushTimer(delayMs: number): Timer {
    const flush = (): void => {
      this.#flushTimer = undefined
      // A failure has taken the log offline and been reported there.
      if (!this.#isClosed && this.failure === undefined) this.flush().catch(() => undefined)
    }
    return this.context.clock.setTimer(delayMs, flush, true)
  }

  async #syncDirectories(path: string): Promise<void> {
    await this.context.files.syncDirectory(path)
    await this.context.files.syncDirectory(path.slice(0, path.lastIndexOf('/')))
  }

  #failed(error: StorageError): void {
    this.context.logger.error(`${this.directory}: ${error.message}`)
    this.cache.clear()
    this.listener?.onFailure(error)
  }
}
