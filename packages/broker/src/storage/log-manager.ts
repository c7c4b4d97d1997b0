/** All logs of a data directory: opening, checkpoints, retention, deletion and the clean close. */

import type { Runtime, Timer } from '@odradek/runtime'

import type { CleanerConfig } from './cleaner/log-cleaner.ts'
import { defaultCleanerConfig, LogCleaner } from './cleaner/log-cleaner.ts'
import type { DataDirectory, PartitionOffset } from './data-directory.ts'
import { FilePool } from './file-pool.ts'
import { isDeletedDirectoryName, parsePartitionDirectoryName, partitionDirectoryName, retiredDirectoryName } from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { openLog } from './log-loader.ts'
import { deleteOldSegments } from './log-retention.ts'
import type { Log } from './log.ts'
import { readPartitionTopicId, writePartitionTopicId } from './partition-metadata.ts'
import { ResidentIndexes } from './resident-indexes.ts'
import { DiskFullError, errorMessage } from './storage-error.ts'
import type { StorageLogger } from './storage-logger.ts'
import { TailCachePool } from './tail-cache.ts'
import { discardUnwritten } from './unwritten.ts'

export interface LogManagerOptions {
  readonly runtime: Runtime
  /** Already opened; the manager does not release it. */
  readonly directory: DataDirectory
  readonly logger: StorageLogger
  /** `log.flush.offset.checkpoint.interval.ms`; how much a crash leaves to be scanned. Default 60 000. */
  readonly checkpointIntervalMs?: number
  /** `log.retention.check.interval.ms`. Default 300 000. */
  readonly retentionCheckIntervalMs?: number
  /** `producer.id.expiration.ms`. Default 86 400 000. */
  readonly producerIdExpirationMs?: number
  /** `producer.id.expiration.check.interval.ms`. Default 600 000. */
  readonly producerExpirationCheckIntervalMs?: number
  /** The `log.cleaner.*` keys, asked again at each turn. Default Kafka's. */
  readonly cleaner?: () => CleanerConfig
  /** Memory for the newest batches of all logs. Default 64 MiB. */
  readonly cacheBytes?: number
  /** Of which one log may have. Default 16 MiB. */
  readonly cacheBytesPerLog?: number
  /** Default 512. */
  readonly maxOpenFiles?: number
}

export interface OpenLogRequest {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
  readonly config: LogConfig
}

interface ManagedLog extends OpenLogRequest {
  readonly log: Log
}

const MAX_RESIDENT_SEGMENTS = 256
/** A log whose disk was full is opened again when this much is free. */
const ROOM_BYTES = 16_777_216
/** Logs flushed at the same time at a close. */
const CLOSE_CONCURRENCY = 8

export class LogManager {
  readonly #options: LogManagerOptions
  readonly #context: LogContext
  readonly #isClean: boolean
  /** From the checkpoints of the last run, for logs that are not open; by directory name. */
  readonly #recoveryPoints: Map<string, number>
  readonly #logStarts: Map<string, number>
  readonly #cleanOffsets: Map<string, number>
  readonly #cleaner: LogCleaner
  readonly #logs = new Map<string, ManagedLog>()
  /** Directory names opened in this run: the last run's clean mark says nothing about them any more. */
  readonly #opened = new Set<string>()
  /** Directory names of logs that went offline and were closed: what their files end with is not known until they are opened again. */
  readonly #unsound = new Set<string>()
  readonly #timers = new Set<Timer>()
  #periodic: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(
    options: LogManagerOptions,
    isClean: boolean,
    { recoveryPoints, logStarts, cleanOffsets }: Record<'recoveryPoints' | 'logStarts' | 'cleanOffsets', Map<string, number>>,
  ) {
    const { runtime, logger } = options
    this.#options = options
    this.#isClean = isClean
    this.#recoveryPoints = recoveryPoints
    this.#logStarts = logStarts
    this.#cleanOffsets = cleanOffsets
    this.#context = {
      files: runtime.files,
      clock: runtime.clock,
      random: runtime.random,
      codecs: runtime.codecs,
      workers: runtime.workers,
      pool: new FilePool(runtime.files, options.maxOpenFiles ?? 512),
      cachePool: new TailCachePool(options.cacheBytes ?? 67_108_864, options.cacheBytesPerLog ?? 16_777_216),
      residentIndexes: new ResidentIndexes(MAX_RESIDENT_SEGMENTS),
      budget: { queuedBytes: 0 },
      logger,
      producerIdExpirationMs: options.producerIdExpirationMs ?? 86_400_000,
    }
    this.#cleaner = new LogCleaner({
      clock: runtime.clock,
      random: runtime.random,
      logger,
      config: options.cleaner ?? (() => defaultCleanerConfig),
      logs: () => Array.from(this.#logs, ([name, { log }]) => [name, log]),
      cleanOffsets,
      saveCleanOffsets: () => this.#saveCleanOffsets(),
    })
    this.#cleaner.start()
    this.#every(options.checkpointIntervalMs ?? 60_000, () => this.checkpoint())
    this.#every(options.retentionCheckIntervalMs ?? 300_000, () => this.deleteOldSegments())
    this.#every(options.producerExpirationCheckIntervalMs ?? 600_000, () => this.#expireProducers())
  }

  /** Reads the checkpoints and finishes deletions that were under way. Opens no log. */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const { directory, logger, runtime } = options
    const isClean = await directory.takeCleanMark()
    const [recoveryPoints, logStarts, cleanOffsets] = await Promise.all([
      directory.readRecoveryPoints(logger),
      directory.readLogStarts(logger),
      directory.readCleanOffsets(logger),
    ])
    const manager = new LogManager(options, isClean, { recoveryPoints, logStarts, cleanOffsets })
    for (const { name, isDirectory } of await runtime.files.list(directory.path)) {
      if (isDirectory && isDeletedDirectoryName(name)) manager.#remove(`${directory.path}/${name}`)
    }
    return manager
  }

  get logger(): StorageLogger {
    return this.#options.logger
  }

  get runtime(): Runtime {
    return this.#options.runtime
  }

  /** Bytes accepted and not yet written, over all logs. Whoever reads requests should pause while this is large. */
  get queuedBytes(): number {
    return this.#context.budget.queuedBytes
  }

  /** The partition directories on the disk, those of deleted topics left out. */
  async directories(): Promise<{ topic: string; partition: number }[]> {
    const entries = await this.runtime.files.list(this.#options.directory.path)
    return entries.flatMap(({ name, isDirectory }) => {
      const parsed = isDirectory ? parsePartitionDirectoryName(name) : undefined
      return parsed === undefined ? [] : [parsed]
    })
  }

  /**
   * Opens a log, creating its directory when missing; recovers it after a crash. A directory of another topic id is put aside as stray.
   * Throws StorageError when the log cannot be opened without losing synced data.
   */
  async openLog(request: OpenLogRequest): Promise<Log> {
    const { files } = this.#context
    const name = partitionDirectoryName(request.topic, request.partition)
    const directory = `${this.#options.directory.path}/${name}`
    const topicId = await readPartitionTopicId(files, directory)
    if (topicId !== undefined && topicId !== request.topicId) await this.#putAside(request, directory, topicId)
    await files.makeDirectory(directory)
    if (topicId !== request.topicId) await writePartitionTopicId(files, directory, request.topicId)
    const log = await openLog(this.#context, {
      directory,
      config: request.config,
      isClean: this.#isClean && !this.#opened.has(name),
      recoveryPoint: this.#recoveryPoints.get(name) ?? 0,
      logStartOffset: this.#logStarts.get(name) ?? 0,
    })
    this.#opened.add(name)
    this.#unsound.delete(name)
    log.producers.removeExpired(this.runtime.clock.nowMs(), this.#context.producerIdExpirationMs)
    this.#logs.set(name, { ...request, log })
    return log
  }

  /**
   * Opens a log anew whose disk was full, if there is room by now: what was acknowledged is in it, and nothing else. Undefined when there is
   * none yet, or the log is closed or busy. Rejects with StorageError or an error of the disk; the log is then as it was.
   */
  async reopenLog(log: Log): Promise<Log | undefined> {
    const managed = this.#find(log)
    if (managed === undefined || log.isClosed || log.isInUpkeep || this.#isClosed) return undefined
    const [name, { config: _opened, ...request }] = managed
    if ((await this.#context.files.freeBytes(log.directory)) < ROOM_BYTES || log.isInUpkeep) return undefined
    log.isInUpkeep = true
    try {
      await discardUnwritten(log)
      const { directory, config, recoveryPoint, logStartOffset } = log
      const reopened = await openLog(this.#context, { directory, config, isClean: false, recoveryPoint, logStartOffset })
      if (this.#logs.get(name)?.log === log) this.#logs.set(name, { ...request, config, log: reopened })
      await log.releaseFiles()
      return reopened
    } finally {
      log.isInUpkeep = false
    }
  }

  /** Takes the log off the disk: renamed at once, removed after `file.delete.delay.ms`. */
  async deleteLog(log: Log): Promise<void> {
    const managed = this.#find(log)
    if (managed === undefined) return
    const [name, { topic, partition }] = managed
    await this.#cleaner.cancel(log)
    this.#forget(name)
    await log.releaseFiles()
    await this.#retire(log.directory, topic, partition, 'delete', log.config.fileDeleteDelayMs)
  }

  /** Flushes and closes one log; its checkpoints stay. */
  async closeLog(log: Log): Promise<void> {
    const managed = this.#find(log)
    if (managed === undefined) return
    await this.#cleaner.cancel(log)
    await log.close()
    const [name] = managed
    if (log.failure !== undefined) this.#unsound.add(name)
    this.#logs.delete(name)
    this.#recoveryPoints.set(name, log.recoveryPoint)
    this.#logStarts.set(name, log.logStartOffset)
  }

  /** Syncs every log and notes how far: what a crash after this has to scan starts here. */
  async checkpoint(): Promise<void> {
    for (const { log } of this.#logs.values()) {
      if (log.isClosed || log.failure !== undefined) continue
      // A failure has taken that log offline and been reported; the others go on.
      await log.flush().catch(() => undefined)
    }
    await this.#writeCheckpoints()
  }

  /** Makes moves of log starts (DeleteRecords) durable. */
  async checkpointLogStarts(): Promise<void> {
    await this.#options.directory.writeLogStarts(this.#offsets((log) => log.logStartOffset, this.#logStarts, true))
  }

  /** Compacts what is worth it, as the cleaner does from time to time; resolves to how many times it cleaned a log. */
  async compact(): Promise<number> {
    return await this.#cleaner.clean()
  }

  /** Applies retention to every log. */
  async deleteOldSegments(): Promise<void> {
    let deleted = 0
    for (const { log } of this.#logs.values()) {
      // What it frees is what a full disk waits for.
      const isServed = log.failure === undefined || log.failure instanceof DiskFullError
      if (log.isClosed || !isServed || log.isInUpkeep) continue
      log.isInUpkeep = true
      try {
        deleted += await deleteOldSegments(log, this.runtime.clock.nowMs())
      } catch (error) {
        this.#options.logger.error(`${log.directory}: retention failed: ${errorMessage(error)}`)
      } finally {
        log.isInUpkeep = false
      }
    }
    if (deleted > 0) await this.checkpointLogStarts()
  }

  /** Closes every log, and marks the directory clean when all that is in it is known to be sound. Rejects with the first failure. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    await this.#cleaner.close()
    await this.#periodic
    const failures: unknown[] = []
    const queue = [...this.#logs.values()].map(({ log }) => log)
    const closeNext = async (): Promise<void> => {
      for (let log = queue.pop(); log !== undefined; log = queue.pop())
        await this.closeLog(log).catch((error: unknown) => failures.push(error))
    }
    await Promise.all(Array.from({ length: CLOSE_CONCURRENCY }, closeNext))
    await this.#writeCheckpoints()
    if (failures.length > 0) throw failures[0]
    if (this.#unsound.size === 0 && (this.#isClean || (await this.#isRecovered()))) await this.#options.directory.writeCleanMark()
  }

  /** Whether every log has been opened since the last run, which ended without a clean mark. */
  async #isRecovered(): Promise<boolean> {
    const directories = await this.directories()
    return directories.every(({ topic, partition }) => this.#opened.has(partitionDirectoryName(topic, partition)))
  }

  async #writeCheckpoints(): Promise<void> {
    await this.#options.directory.writeRecoveryPoints(this.#offsets((log) => log.recoveryPoint, this.#recoveryPoints, false))
    await this.checkpointLogStarts()
  }

  async #saveCleanOffsets(): Promise<void> {
    const offsets = Array.from(this.#cleanOffsets).flatMap(([name, offset]) => {
      const parsed = parsePartitionDirectoryName(name)
      return parsed === undefined ? [] : [{ ...parsed, offset }]
    })
    await this.#options.directory.writeCleanOffsets(offsets)
  }

  /** Offsets of the open logs, and of the others as they were last known. */
  #offsets(offsetOf: (log: Log) => number, known: ReadonlyMap<string, number>, skipZero: boolean): PartitionOffset[] {
    const offsets = new Map(known)
    for (const [name, { log }] of this.#logs) offsets.set(name, offsetOf(log))
    return Array.from(offsets).flatMap(([name, offset]) => {
      const parsed = parsePartitionDirectoryName(name)
      return parsed === undefined || (skipZero && offset === 0) ? [] : [{ ...parsed, offset }]
    })
  }

  #find(log: Log): [string, ManagedLog] | undefined {
    for (const entry of this.#logs) if (entry[1].log === log) return entry
    return undefined
  }

  #forget(name: string): void {
    this.#unsound.delete(name)
    this.#logs.delete(name)
    this.#recoveryPoints.delete(name)
    this.#logStarts.delete(name)
    this.#cleanOffsets.delete(name)
  }

  async #putAside({ topic, partition }: OpenLogRequest, directory: string, topicId: string): Promise<void> {
    this.#options.logger.warn(`${directory} belongs to topic id ${topicId}: put aside as stray`)
    this.#forget(partitionDirectoryName(topic, partition))
    await this.#retire(directory, topic, partition, 'stray', undefined)
  }

  async #retire(
    directory: string,
    topic: string,
    partition: number,
    fate: 'delete' | 'stray',
    removeAfterMs: number | undefined,
  ): Promise<void> {
    const { files, clock, random } = this.#context
    const retired = `${this.#options.directory.path}/${retiredDirectoryName(topic, partition, random.uuid(), fate)}`
    await files.rename(directory, retired)
    await files.syncDirectory(this.#options.directory.path)
    if (removeAfterMs === undefined) return
    const timer = clock.setTimer(
      removeAfterMs,
      () => {
        this.#timers.delete(timer)
        this.#remove(retired)
      },
      true,
    )
    this.#timers.add(timer)
  }

  #remove(directory: string): void {
    this.#context.files
      .removeDirectory(directory)
      .catch((error: unknown) => this.#options.logger.warn(`${directory} could not be removed: ${errorMessage(error)}`))
  }

  async #expireProducers(): Promise<void> {
    const nowMs = this.runtime.clock.nowMs()
    for (const { log } of this.#logs.values()) log.producers.removeExpired(nowMs, this.#context.producerIdExpirationMs)
  }

  /** Periodic work runs one at a time, and its failures are only reported: each log knows by itself when it is offline. */
  #every(intervalMs: number, work: () => Promise<void>): void {
    const timer = this.runtime.clock.setTimer(
      intervalMs,
      () => {
        this.#timers.delete(timer)
        if (this.#isClosed) return
        this.#periodic = this.#periodic.then(work).catch((error: unknown) => this.#options.logger.error(errorMessage(error)))
        this.#every(intervalMs, work)
      },
      true,
    )
    this.#timers.add(timer)
  }
}
