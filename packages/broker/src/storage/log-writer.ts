/**
 * The write queue of one log: at most one write outstanding, which takes everything queued (group commit). What is written is visible
 * and acknowledged; where `flush.messages` asks for it, only after a sync that all who wait share. A failure is final.
 */

import { systemErrorCode } from '../system-error.ts'
import type { FilePool } from './file-pool.ts'
import type { Segment } from './segment.ts'
import { DiskFullError, errorMessage, StorageError } from './storage-error.ts'

/** A single write takes no more than this, so that readers of the same disk get a turn. */
const MAX_WRITE_BYTES = 8_388_608

/** Bytes queued for writing, counted over all logs that share it. */
export interface WriteBudget {
  queuedBytes: number
}

export interface LogWriterOptions {
  readonly pool: FilePool
  readonly budget: WriteBudget
  /** `flush.messages`, read at each write. */
  flushMessages(): number
  /** Makes the names of new files durable: the log's directory and its own entry. */
  syncDirectories(directory: string): Promise<void>
  /** All below `endOffset` is written (and synced, where that was due): so many bytes more than before. */
  onWritten(endOffset: number, bytes: number): void
  /** The last write to `segment` is done: later ones go to a newer segment. */
  onSegmentComplete(segment: Segment): void
  onFailure(error: StorageError): void
}

interface QueuedWrite {
  readonly segment: Segment
  readonly chunk: Uint8Array
  readonly endOffset: number
  readonly recordCount: number
}

interface Waiter {
  readonly lastOffset: number
  resolve(): void
  reject(error: StorageError): void
}

const DONE: Promise<void> = Promise.resolve()

export class LogWriter {
  readonly #options: LogWriterOptions
  #queue: QueuedWrite[] = []
  #taken = 0
  readonly #waiters: Waiter[] = []
  #writing: Promise<void> | undefined
  #writtenOffset: number
  #unsyncedRecords = 0
  #current: Segment | undefined
  #failure: StorageError | undefined

  constructor(options: LogWriterOptions, writtenOffset: number) {
    this.#options = options
    this.#writtenOffset = writtenOffset
  }

  /** Exclusive. */
  get writtenOffset(): number {
    return this.#writtenOffset
  }

  get failure(): StorageError | undefined {
    return this.#failure
  }

  /** The chunk goes to the end of its segment's file and must stay untouched until written. */
  enqueue(segment: Segment, chunk: Uint8Array, endOffset: number, recordCount: number): void {
    this.#queue.push({ segment, chunk, endOffset, recordCount })
    this.#options.budget.queuedBytes += chunk.length
    this.#writing ??= this.#drain()
  }

  /** Resolves when no write is under way and none is queued. Never rejects. */
  whenIdle(): Promise<void> {
    return this.#writing ?? DONE
  }

  /** Resolves once everything up to `lastOffset` is written; rejects with StorageError when that failed. */
  whenWritten(lastOffset: number): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (lastOffset < this.#writtenOffset) return DONE
    return new Promise<void>((resolve, reject) => {
      const waiter = { lastOffset, resolve, reject }
      // Nearly always the newest offset; a duplicate's original may be older.
      let at = this.#waiters.length
      while (at > 0 && (this.#waiters[at - 1] as Waiter).lastOffset > lastOffset) at--
      this.#waiters.splice(at, 0, waiter)
    })
  }

  /** Everything written so far in the segment that is being written becomes durable. */
  async sync(segment: Segment): Promise<void> {
    const covered = segment === this.#current ? this.#unsyncedRecords : 0
    try {
      await this.#options.pool.use(segment.path('log'), true, (handle) => handle.sync())
      if (!segment.isDirectorySynced) await this.#options.syncDirectories(segment.directory)
      segment.isDirectorySynced = true
      // Another sync may have covered the same.
      this.#unsyncedRecords = Math.max(0, this.#unsyncedRecords - covered)
    } catch (error) {
      // Whatever the reason, what is in the file is not known any more.
      throw this.fail(new StorageError(`Log is offline: ${errorMessage(error)}`, { cause: error }))
    }
  }

  /** Takes the log offline: everything that waits, and all that comes, gets this error. The first reason is kept. */
  fail(reason: unknown): StorageError {
    if (this.#failure !== undefined) return this.#failure
    const failure = reason instanceof StorageError ? reason : failureFor(reason)
    this.#failure = failure
    for (let at = this.#taken; at < this.#queue.length; at++)
      this.#options.budget.queuedBytes -= (this.#queue[at] as QueuedWrite).chunk.length
    this.#queue = []
    this.#taken = 0
    for (const waiter of this.#waiters.splice(0)) waiter.reject(failure)
    this.#options.onFailure(failure)
    return failure
  }

  async #drain(): Promise<void> {
    // Appends of the same turn of the event loop share the first write.
    await DONE
    try {
      while (this.#failure === undefined && this.#taken < this.#queue.length) await this.#writeGroup()
    } catch (error) {
      this.fail(error)
    } finally {
      this.#writing = undefined
    }
  }

  async #writeGroup(): Promise<void> {
    const segment = (this.#queue[this.#taken] as QueuedWrite).segment
    const chunks: Uint8Array[] = []
    let bytes = 0
    let endOffset = 0
    let records = 0
    for (; this.#taken < this.#queue.length; this.#taken++) {
      const write = this.#queue[this.#taken] as QueuedWrite
      if (write.segment !== segment || (bytes > 0 && bytes + write.chunk.length > MAX_WRITE_BYTES)) break
      chunks.push(write.chunk)
      bytes += write.chunk.length
      endOffset = write.endOffset
      records += write.recordCount
    }
    if (this.#taken === this.#queue.length) {
      this.#queue = []
      this.#taken = 0
    }
    if (this.#current !== undefined && this.#current !== segment) this.#options.onSegmentComplete(this.#current)
    this.#current = segment
    try {
      await this.#options.pool.use(segment.path('log'), true, (handle) => handle.write(chunks, segment.writtenBytes))
      segment.writtenBytes += bytes
      this.#unsyncedRecords += records
      if (this.#unsyncedRecords >= this.#options.flushMessages()) {
        await this.sync(segment)
      }
    } finally {
      this.#options.budget.queuedBytes -= bytes
    }
    if (this.#failure !== undefined) return
    this.#advance(endOffset, bytes)
  }

  #advance(endOffset: number, bytes: number): void {
    this.#writtenOffset = endOffset
    this.#options.onWritten(endOffset, bytes)
    let done = 0
    while (done < this.#waiters.length && (this.#waiters[done] as Waiter).lastOffset < endOffset) {
      ;(this.#waiters[done] as Waiter).resolve()
      done++
    }
    if (done > 0) this.#waiters.splice(0, done)
  }
}

function failureFor(reason: unknown): StorageError {
  if (systemErrorCode(reason) === 'ENOSPC')
    return new DiskFullError('No room on the disk: writes are refused until there is', { cause: reason })
  return new StorageError(`Log is offline: ${errorMessage(reason)}`, { cause: reason })
}
