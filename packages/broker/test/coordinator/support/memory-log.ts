/** A partition's log in memory, whose writes become durable, or fail, when the test says so. */

import { ErrorCodes, readBatchHeader, setBaseOffset } from '@odradek/protocol'
import type { CoordinatorLog } from '../../../src/coordinator/runtime/coordinator-log.ts'
import type { AppendResult } from '../../../src/partition/types.ts'

interface Waiter {
  readonly offset: number
  resolve(): void
  reject(error: Error): void
}

export class MemoryLog implements CoordinatorLog {
  readonly logStartOffset = 0
  /** False holds writes back until `flush` or `failWrites`. */
  autoFlush = true
  /** The error code of appends from now on. */
  appendError: number = ErrorCodes.NONE
  #batches: Buffer[] = []
  #nextOffset = 0
  #durableEnd = 0
  #waiters: Waiter[] = []

  get logEndOffset(): number {
    return this.#nextOffset
  }

  get batches(): readonly Buffer[] {
    return this.#batches
  }

  append(records: Buffer): AppendResult {
    const failed = { errorMessage: null, recordErrors: [], baseOffset: -1, lastOffset: -1, logAppendTimeMs: -1, logStartOffset: 0 }
    if (this.appendError !== ErrorCodes.NONE) return { ...failed, errorCode: this.appendError }
    const header = readBatchHeader(records, 0)
    const baseOffset = this.#nextOffset
    setBaseOffset(records, 0, baseOffset, 0)
    this.#batches.push(records)
    this.#nextOffset += header.lastOffsetDelta + 1
    if (this.autoFlush) this.#durableEnd = this.#nextOffset
    return { ...failed, errorCode: ErrorCodes.NONE, baseOffset, lastOffset: this.#nextOffset - 1 }
  }

  whenDurable(offset: number): Promise<void> {
    if (offset < this.#durableEnd) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ offset, resolve, reject })
    })
  }

  async forEachBatch(_fromOffset: number, visit: (batch: Buffer) => void | Promise<void>): Promise<void> {
    // Copies, and overwritten afterwards: whoever keeps a part of one without copying it will notice.
    for (const batch of this.#batches) {
      const lent = Buffer.from(batch)
      await visit(lent)
      lent.fill(0xff)
    }
  }

  /** All that was appended is durable now. */
  flush(): void {
    this.#durableEnd = this.#nextOffset
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.resolve()
  }

  /** The oldest batch that was not durable is, and those after it are not yet. */
  flushOne(): void {
    const batch = this.#batches.find((each) => readBatchHeader(each, 0).baseOffset >= this.#durableEnd)
    if (batch === undefined) return
    this.#durableEnd = readBatchHeader(batch, 0).lastOffset + 1
    const waiters = this.#waiters
    this.#waiters = waiters.filter(({ offset }) => offset >= this.#durableEnd)
    for (const waiter of waiters) if (waiter.offset < this.#durableEnd) waiter.resolve()
  }

  /** All that was not durable is lost, as by a disk that fails. */
  failWrites(): void {
    this.#dropUndurable()
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.reject(new Error('disk full'))
  }

  /** What a crash leaves: a log of its own with everything durable, and `undurableBatches` of the rest. */
  afterCrash(undurableBatches = 0): MemoryLog {
    const log = new MemoryLog()
    let left = undurableBatches
    for (const batch of this.#batches) {
      if (Number(readBatchHeader(batch, 0).baseOffset) >= this.#durableEnd && left-- <= 0) break
      log.append(Buffer.from(batch))
    }
    return log
  }

  #dropUndurable(): void {
    this.#batches = this.#batches.filter((batch) => readBatchHeader(batch, 0).baseOffset < this.#durableEnd)
    this.#nextOffset = this.#durableEnd
  }
}
