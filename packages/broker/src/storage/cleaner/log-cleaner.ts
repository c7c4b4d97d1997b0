/** Keeps compacted logs clean: the dirtiest first, one at a time, as long as there is one; then a pause. */

import type { Clock, Random, Timer } from '@odradek/runtime'

import { systemErrorCode } from '../../system-error.ts'
import type { Log } from '../log.ts'
import { errorMessage } from '../storage-error.ts'
import type { StorageLogger } from '../storage-logger.ts'
import type { Cleanable } from './cleanable.ts'
import { cleanableOf, isWorthCleaning } from './cleanable.ts'
import { LogCompaction } from './log-compaction.ts'
import { Pace } from './pace.ts'
import type { Slices } from './segment-batches.ts'

export interface CleanerConfig {
  /** `log.cleaner.enable` */
  readonly isEnabled: boolean
  /** `log.cleaner.backoff.ms` */
  readonly backoffMs: number
  /** `log.cleaner.dedupe.buffer.size`, bytes. */
  readonly dedupeBufferBytes: number
  /** `log.cleaner.io.buffer.load.factor`, 0 to 1. */
  readonly loadFactor: number
  /** `log.cleaner.io.buffer.size`, bytes. */
  readonly ioBufferBytes: number
  /** `log.cleaner.io.max.bytes.per.second` */
  readonly ioMaxBytesPerSecond: number
}

export const defaultCleanerConfig: CleanerConfig = {
  isEnabled: true,
  backoffMs: 15_000,
  dedupeBufferBytes: 134_217_728,
  loadFactor: 0.9,
  ioBufferBytes: 524_288,
  ioMaxBytesPerSecond: Number.MAX_VALUE,
}

export interface LogCleanerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: StorageLogger
  /** Asked at each turn. */
  readonly config: () => CleanerConfig
  /** Every open log, by directory name. */
  readonly logs: () => readonly (readonly [name: string, log: Log])[]
  /** By directory name: everything below was cleaned before. From the checkpoint, and kept up to date. */
  readonly cleanOffsets: Map<string, number>
  readonly saveCleanOffsets: () => Promise<void>
}

/** The log is being closed or deleted. */
class CleaningCancelled extends Error {
  override readonly name = 'CleaningCancelled'
}

export class LogCleaner {
  readonly #options: LogCleanerOptions
  /** Logs that could not be cleaned, which has been reported; a restart tries again. */
  readonly #uncleanable = new WeakSet<Log>()
  readonly #pace: Pace
  #current: { readonly log: Log; readonly done: Promise<void> } | undefined
  readonly #cancelled = new WeakSet<Log>()
  #timer: Timer | undefined
  #round: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: LogCleanerOptions) {
    this.#options = options
    this.#pace = new Pace(options.clock)
  }

  /** Cleans from time to time until `close`. */
  start(): void {
    if (this.#isClosed) return
    const { config, clock, logger } = this.#options
    this.#timer = clock.setTimer(
      Math.max(1, config().backoffMs),
      () => {
        const round = config().isEnabled ? this.clean() : Promise.resolve(0)
        round.catch((error: unknown) => logger.error(`Log cleaner: ${errorMessage(error)}`)).finally(() => this.start())
      },
      true,
    )
  }

  /** Cleans until no log is worth it; resolves to how many times it did. */
  clean(): Promise<number> {
    const round = this.#round.then(() => this.#cleanAll())
    this.#round = round.catch(() => undefined)
    return round
  }

  /** No cleaning of the log is under way once this resolves, and none will begin. */
  async cancel(log: Log): Promise<void> {
    this.#cancelled.add(log)
    if (this.#current?.log === log) await this.#current.done
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#round
  }

  async #cleanAll(): Promise<number> {
    let count = 0
    // A log whose clean offset does not move would be chosen for ever.
    const done = new Set<Log>()
    for (let next = await this.#filthiest(done); next !== undefined && !this.#isClosed; next = await this.#filthiest(done)) {
      const [name, cleanable] = next
      const { log } = cleanable
      const before = this.#options.cleanOffsets.get(name)
      const cleaning = this.#clean(name, cleanable)
      this.#current = { log, done: cleaning }
      await cleaning
      this.#current = undefined
      if (this.#options.cleanOffsets.get(name) === before) done.add(log)
      else count++
    }
    return count
  }

  async #filthiest(done: ReadonlySet<Log>): Promise<[string, Cleanable] | undefined> {
    const { clock, logs, cleanOffsets } = this.#options
    let best: [string, Cleanable] | undefined
    for (const [name, log] of logs()) {
      if (!log.config.cleanupCompact || done.has(log) || log.isInUpkeep || !this.#isServed(log)) continue
      const cleanable = await cleanableOf(log, cleanOffsets.get(name), clock.nowMs())
      if (isWorthCleaning(cleanable) && (best === undefined || cleanable.dirtyRatio > best[1].dirtyRatio)) best = [name, cleanable]
    }
    return best
  }

  /** Never rejects. */
  async #clean(name: string, cleanable: Cleanable): Promise<void> {
    const { random, clock, logger, cleanOffsets } = this.#options
    const { log } = cleanable
    if (log.isInUpkeep || !this.#isServed(log)) return
    log.isInUpkeep = true
    try {
      const { dedupeBufferBytes, loadFactor } = this.#options.config()
      const options = { random, nowMs: clock.nowMs(), mapBytes: dedupeBufferBytes, mapLoadFactor: loadFactor, slices: this.#slices(log) }
      const { endOffset, bytesBefore, bytesAfter } = await new LogCompaction(cleanable, options).run()
      cleanOffsets.set(name, endOffset)
      await this.#options.saveCleanOffsets()
      logger.info(`${log.directory}: compacted up to offset ${endOffset}, from ${bytesBefore} to ${bytesAfter} bytes`)
    } catch (error) {
      this.#failed(log, error)
    } finally {
      log.isInUpkeep = false
    }
  }

  #failed(log: Log, error: unknown): void {
    const { logger } = this.#options
    if (error instanceof CleaningCancelled) return
    if (systemErrorCode(error) === 'ENOSPC') {
      logger.warn(`${log.directory}: no room on the disk to compact it: tried again later`)
      return
    }
    this.#uncleanable.add(log)
    logger.error(`${log.directory}: cannot be compacted, and is left as it is until a restart: ${errorMessage(error)}`)
  }

  #isServed(log: Log): boolean {
    return !log.isClosed && log.failure === undefined && !this.#cancelled.has(log) && !this.#uncleanable.has(log)
  }

  #slices(log: Log): Slices {
    const { config } = this.#options
    return {
      bytes: config().ioBufferBytes,
      take: async (bytes) => {
        const isOver = (): boolean => this.#isClosed || !this.#isServed(log)
        await this.#pace.take(bytes, config().ioMaxBytesPerSecond, isOver)
        if (isOver()) throw new CleaningCancelled()
      },
    }
  }
}
