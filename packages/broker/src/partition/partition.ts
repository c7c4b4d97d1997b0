/** A partition: what may be appended to a log, how far it may be read, and who waits for that to change. */

import type { BatchHeader } from '@odradek/protocol'
import { batchLayout, batchSizeAt, compressionTypeById, ErrorCodes, readBatchHeader, setBaseOffset } from '@odradek/protocol'

import { abortedTransactions } from '../storage/aborted-transactions.ts'
import type { LogConfig } from '../storage/log-config.ts'
import type { LogManager } from '../storage/log-manager.ts'
import { readLog } from '../storage/log-reader.ts'
import type { Log } from '../storage/log.ts'
import { DiskFullError, errorMessage, StorageError } from '../storage/storage-error.ts'
import { findByTimestamp, findMaxTimestamp } from '../storage/timestamp-lookup.ts'
import { transactionMarkerOf } from '../storage/transaction-marker.ts'
import type { Envelope } from './batch-envelope.ts'
import { malformedIs, openEnvelope } from './batch-envelope.ts'
import type { Recompressed } from './batch-records.ts'
import { codecsNeeded, inflatedBoundBytes, validateRecords } from './batch-records.ts'
import { InvalidBatchError } from './invalid-batch-error.ts'
import { LogSeat } from './log-seat.ts'
import { isFaultOfBatch, recompress } from './recompression.ts'
import type { Membership } from './transaction-guard.ts'
import { TransactionGuard } from './transaction-guard.ts'
import type {
  ActiveProducer,
  AppendOptions,
  AppendResult,
  DeleteRecordsResult,
  EpochEndOffset,
  IsolationLevel,
  ReadOptions,
  ReadResult,
  TimestampOffset,
} from './types.ts'

export interface PartitionOptions {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly config: LogConfig
  readonly leaderEpoch: number
}

/** Timestamps that ListOffsets gives a meaning of their own. */
const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3
const EARLIEST_LOCAL = -4

const REPLAY_READ_BYTES = 1_048_576
const NOTHING_FOUND: TimestampOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 }

export class Partition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  leaderEpoch: number
  readonly #manager: LogManager
  readonly #seat: LogSeat
  readonly #listeners = new Set<() => void>()
  /** What `prepare` has worked out for `append`, as long as the request holds its records. */
  readonly #ahead = new WeakMap<Buffer, Recompressed>()
  readonly #guard = new TransactionGuard()

  private constructor(manager: LogManager, log: Log, options: PartitionOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.partition = options.partition
    this.leaderEpoch = options.leaderEpoch
    this.#manager = manager
    // An epoch is known from when its leader takes over, not from when it first writes.
    log.epochs.assign(options.leaderEpoch, log.nextOffset)
    this.#seat = new LogSeat(manager, log, () => this.#notify())
  }

  /** Opens the log, creating or recovering it. Throws StorageError when that would lose synced data. */
  static async open(manager: LogManager, options: PartitionOptions): Promise<Partition> {
    return new Partition(manager, await manager.openLog(options), options)
  }

  get #log(): Log {
    return this.#seat.log
  }

  get config(): LogConfig {
    return this.#log.config
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset
  }

  /** The written end: what consumers may see under read_uncommitted. */
  get highWatermark(): number {
    return this.#log.writtenOffset
  }

  /** Exclusive: the first offset of the earliest transaction still open, or the high watermark. */
  get lastStableOffset(): number {
    return Math.max(Math.min(this.#log.producers.firstUnstableOffset, this.highWatermark), this.logStartOffset)
  }

  /** Bytes by which the high watermark has moved since the partition was opened. */
  get writtenBytes(): number {
    return this.#seat.writtenBytes
  }

  /** Next offset to be assigned; runs ahead of `highWatermark` while writes are queued. */
  get logEndOffset(): number {
    return this.#log.nextOffset
  }

  /** Bytes of all segments. */
  get sizeBytes(): number {
    return this.#log.sizeBytes
  }

  /**
   * Resolves when `append` has what it needs for these records: codecs loaded, large batches recompressed off the event loop. Undefined
   * when it has already. Never rejects for bad records.
   */
  prepare(records: Buffer): Promise<void> | undefined {
    const { codecs } = this.#manager.runtime
    const missing = codecsNeeded({ compression: compressionOf(records) }, this.config).filter((name) => codecs.loaded(name) === undefined)
    const recompressing = this.#recompressAhead(records)
    if (missing.length === 0) return recompressing
    return Promise.all([recompressing, ...missing.map((name) => codecs.load(name))]).then(() => undefined)
  }

  /** The producer of a client's batch that would begin a transaction here: the coordinator has to be asked before it is appended. */
  transactionBeginner(records: Buffer): { readonly producerId: number; readonly producerEpoch: number } | undefined {
    if (!isTransactional(records)) return undefined
    try {
      const { producerId, producerEpoch } = readBatchHeader(records, 0)
      return this.#log.producers.hasOngoingTransaction(producerId) ? undefined : { producerId, producerEpoch }
    } catch {
      // What is wrong with it is for validation to say.
      return undefined
    }
  }

  /** What the coordinator says of that. */
  admit(producerId: number, membership: Membership): void {
    this.#guard.put(producerId, membership)
  }

  /** Validates, assigns offsets in place, updates state in memory and queues the write. `records` belongs to the partition from then on. */
  append(records: Buffer, options: AppendOptions): AppendResult {
    const unavailable = this.#unavailable()
    if (unavailable !== undefined) return this.#rejected(unavailable.errorCode, unavailable.message)
    try {
      return this.#append(records, options)
    } catch (error) {
      if (!(error instanceof InvalidBatchError)) throw error
      return this.#rejected(error.errorCode, error.message, error)
    }
  }

  /** Resolves once written, and synced where `flush.messages` asks for it. Rejects with StorageError. */
  whenDurable(lastOffset: number): Promise<void> {
    return this.#log.whenWritten(lastOffset)
  }

  async read(options: ReadOptions): Promise<ReadResult> {
    const { offset, maxBytes, isolation, minOneBatch } = options
    const highWatermark = this.highWatermark
    const lastStableOffset = this.lastStableOffset
    const unavailable = this.#unavailable()
    if (unavailable !== undefined && !this.#isFull) return this.#unread(unavailable.errorCode)
    if (offset < this.logStartOffset || offset > this.logEndOffset) return this.#unread(ErrorCodes.OFFSET_OUT_OF_RANGE)
    const upperBound = isolation === 'read_committed' ? lastStableOffset : highWatermark
    try {
      const { chunks, sizeBytes, nextOffset } = await readLog(this.#log, { offset, maxBytes, upperBound, minOneBatch })
      const aborted = isolation === 'read_committed' ? await abortedTransactions(this.#log, offset, nextOffset) : null
      return {
        errorCode: 0,
        records: chunks,
        sizeBytes,
        highWatermark,
        lastStableOffset,
        logStartOffset: this.logStartOffset,
        abortedTransactions: aborted,
      }
    } catch (error) {
      // Retention may have taken the segment away meanwhile.
      if (offset < this.logStartOffset) return this.#unread(ErrorCodes.OFFSET_OUT_OF_RANGE)
      this.#manager.logger.error(`${this.#name} cannot be read at offset ${offset}: ${errorMessage(error)}`)
      return this.#unread(error instanceof StorageError ? error.errorCode : ErrorCodes.KAFKA_STORAGE_ERROR)
    }
  }

  /** −1 latest, −2 and −4 earliest, −3 maximum timestamp, otherwise the first record at or after the timestamp. Offset −1 when there is none. */
  async offsetForTimestamp(timestamp: number, isolation: IsolationLevel = 'read_uncommitted'): Promise<TimestampOffset> {
    const { epochs } = this.#log
    if (timestamp === LATEST) return { offset: this.#upperBound(isolation), timestamp: -1, leaderEpoch: epochs.latestEpoch }
    if (timestamp === EARLIEST || timestamp === EARLIEST_LOCAL) {
      return { offset: this.logStartOffset, timestamp: -1, leaderEpoch: epochs.epochFor(this.logStartOffset) }
    }
    if (timestamp < MAX_TIMESTAMP) return NOTHING_FOUND
    // What is in memory only is not found in files.
    if (!this.#isFull) await this.#log.whenWritten(this.logEndOffset - 1)
    const inflate = (header: BatchHeader, section: Buffer): Promise<Buffer> => this.#inflate(header, section)
    const found =
      timestamp === MAX_TIMESTAMP
        ? await findMaxTimestamp(this.#log, inflate)
        : await findByTimestamp(this.#log, timestamp, this.logStartOffset, inflate)
    return found === undefined || found.offset >= this.#upperBound(isolation) ? NOTHING_FOUND : found
  }

  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset {
    return this.#log.epochs.endOffsetFor(leaderEpoch, this.logEndOffset)
  }

  /** Called when the high watermark or the last stable offset has moved, or the log has failed. Returns the unsubscriber. */
  onAdvance(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Visits every written batch from the one that contains `fromOffset`; `visit` must copy what it keeps. Rejects with StorageError. */
  async forEachBatch(fromOffset: number, visit: (batch: Buffer) => void | Promise<void>): Promise<void> {
    const upperBound = this.highWatermark
    let offset = Math.max(fromOffset, this.logStartOffset)
    while (offset < upperBound) {
      const { chunks, nextOffset } = await readLog(this.#log, { offset, maxBytes: REPLAY_READ_BYTES, upperBound, minOneBatch: true })
      for (const chunk of chunks) {
        for (let at = 0; at < chunk.length; ) {
          const batch = chunk.subarray(at, at + batchSizeAt(chunk, at))
          at += batch.length
          const visiting = visit(batch)
          if (visiting !== undefined) await visiting
        }
      }
      if (nextOffset <= offset) return
      offset = nextOffset
    }
  }

  /** Moves the log start (DeleteRecords), durably; −1 means the high watermark. */
  async deleteRecordsBefore(offset: number): Promise<DeleteRecordsResult> {
    const target = offset === -1 ? this.highWatermark : offset
    if (target < 0 || target > this.highWatermark) return { errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE, lowWatermark: -1 }
    const unavailable = this.#unavailable()
    if (unavailable !== undefined) return { errorCode: unavailable.errorCode, lowWatermark: -1 }
    if (target > this.logStartOffset) {
      this.#log.advanceLogStart(target)
      await this.#manager.checkpointLogStarts()
    }
    return { errorCode: 0, lowWatermark: this.logStartOffset }
  }

  activeProducers(): ActiveProducer[] {
    return Array.from(this.#log.producers.producers, (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionStartOffset: entry.currentTxnFirstOffset,
    }))
  }

  /**
   * Leadership has moved, or is gone: what is written from now on carries the epoch, and whoever waits learns of it by comparing
   * `leaderEpoch` with the one that it began in.
   */
  changeLeader(leaderEpoch: number): void {
    if (leaderEpoch === this.leaderEpoch) return
    this.leaderEpoch = leaderEpoch
    this.#log.beginEpoch(leaderEpoch)
    this.#notify()
  }

  updateConfig(config: LogConfig): void {
    this.#log.reconfigure(config)
  }

  /** Syncs and closes the log. Rejects with StorageError when that fails. */
  async close(): Promise<void> {
    await this.#seat.close()
    await this.#manager.closeLog(this.#log)
    this.#notify()
  }

  /** Takes the partition off the disk. */
  async delete(): Promise<void> {
    await this.#seat.close()
    await this.#manager.deleteLog(this.#log)
    this.#notify()
  }

  get #name(): string {
    return `${this.topic}-${this.partition}`
  }

  /** What is written is served all the same. */
  get #isFull(): boolean {
    return this.#log.failure instanceof DiskFullError
  }

  #recompressAhead(records: Buffer): Promise<void> | undefined {
    return recompress(records, this.config, this.#manager.runtime)?.then(
      (done) => void this.#ahead.set(records, done),
      (error: unknown) => {
        // The append finds the same, and says so.
        if (!isFaultOfBatch(error)) throw error
      },
    )
  }

  #append(records: Buffer, options: AppendOptions): AppendResult {
    const { clock, codecs } = this.#manager.runtime
    const { config } = this
    const nowMs = clock.nowMs()
    const envelope = openEnvelope(records, options, {
      name: this.#name,
      maxMessageBytes: config.maxMessageBytes,
      crc32c: (data) => codecs.crc32c(data),
    })
    const batch = validateRecords(envelope, { name: this.#name, config, codecs, nowMs, ahead: this.#ahead.get(records) })
    if (batch.length > config.segmentBytes) {
      const sizes = `is ${batch.length} bytes in append to partition ${this.#name}, which exceeds the maximum configured segment size of ${config.segmentBytes}`
      throw new InvalidBatchError(ErrorCodes.RECORD_LIST_TOO_LARGE, `Message batch size ${sizes}.`)
    }
    const duplicate = this.#checkProducer(envelope, options)
    if (duplicate !== undefined) return duplicate
    setBaseOffset(batch, 0, this.logEndOffset, this.leaderEpoch)
    const header = malformedIs(ErrorCodes.INVALID_RECORD, () => readBatchHeader(batch, 0))
    this.#log.append(batch, header, transactionMarkerOf(batch, 0, header))
    return {
      errorCode: 0,
      errorMessage: null,
      recordErrors: [],
      baseOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      logAppendTimeMs: config.timestampType === 'LogAppendTime' ? nowMs : -1,
      logStartOffset: this.logStartOffset,
    }
  }

  /** The original's result when the batch is a duplicate. Throws InvalidBatchError when the producer may not append it. */
  #checkProducer({ batch, header }: Envelope, { origin }: AppendOptions): AppendResult | undefined {
    if (header.producerId < 0) return undefined
    const { producers } = this.#log
    const isClient = origin === 'client'
    const original = isClient ? producers.findDuplicate(header) : undefined
    if (original !== undefined) {
      return {
        errorCode: 0,
        errorMessage: null,
        recordErrors: [],
        baseOffset: original.firstOffset,
        lastOffset: original.lastOffset,
        // Whatever the topic stamps: Kafka answers a duplicate so, and clients take it for the record's timestamp.
        logAppendTimeMs: original.timestamp,
        logStartOffset: this.logStartOffset,
      }
    }
    const marker = transactionMarkerOf(batch, 0, header)
    const rejection = marker === undefined ? producers.rejectData(header, isClient) : producers.rejectMarker(header, marker)
    if (rejection !== undefined) throw new InvalidBatchError(rejection.errorCode, `${rejection.message} in partition ${this.#name}`)
    if (marker !== undefined) this.#guard.drop(header.producerId)
    else if (isClient && header.isTransactional) this.#checkMembership(header)
    return undefined
  }

  /** A transaction begins here only if its coordinator knows of it. Throws InvalidBatchError. */
  #checkMembership({ producerId, producerEpoch, baseSequence }: BatchHeader): void {
    const { producers } = this.#log
    if (producers.hasOngoingTransaction(producerId)) return
    const membership = this.#guard.take(producerId, producerEpoch)
    const errorCode = membership?.errorCode ?? ErrorCodes.INVALID_TXN_STATE
    if (errorCode !== ErrorCodes.NONE) {
      throw new InvalidBatchError(errorCode, `Partition ${this.#name} is not part of the transaction of producer ${producerId}`)
    }
    if (membership?.beginsAtZero === true && baseSequence !== 0 && !producers.knows(producerId)) {
      const problem = `Out of order sequence number for producer ${producerId}: ${baseSequence} where a transaction begins with 0`
      throw new InvalidBatchError(ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER, `${problem} in partition ${this.#name}`)
    }
  }

  #upperBound(isolation: IsolationLevel): number {
    return isolation === 'read_committed' ? this.lastStableOffset : this.highWatermark
  }

  async #inflate(header: BatchHeader, section: Buffer): Promise<Buffer> {
    if (header.compression === 'none') return section
    const codec = await this.#manager.runtime.codecs.load(header.compression)
    const inflated = codec.decompress(section, inflatedBoundBytes(this.config))
    return Buffer.from(inflated.buffer, inflated.byteOffset, inflated.length)
  }

  #unavailable(): { errorCode: number; message: string } | undefined {
    const { failure, isClosed } = this.#log
    if (failure !== undefined) return { errorCode: failure.errorCode, message: failure.message }
    return isClosed ? { errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER, message: `${this.#name} is closed` } : undefined
  }

  #rejected(errorCode: number, message: string, invalid?: InvalidBatchError): AppendResult {
    return {
      errorCode,
      errorMessage: message,
      recordErrors: invalid?.recordErrors ?? [],
      baseOffset: -1,
      lastOffset: -1,
      logAppendTimeMs: -1,
      logStartOffset: invalid?.isOfLog === true ? this.logStartOffset : -1,
    }
  }

  #unread(errorCode: number): ReadResult {
    return {
      errorCode,
      records: [],
      sizeBytes: 0,
      highWatermark: this.highWatermark,
      lastStableOffset: this.lastStableOffset,
      logStartOffset: this.logStartOffset,
      abortedTransactions: null,
    }
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Whether the first batch claims to be part of a transaction. */
function isTransactional(records: Buffer): boolean {
  return (
    records.length >= batchLayout.BATCH_HEADER_BYTES &&
    (records.readInt16BE(batchLayout.ATTRIBUTES_AT) & batchLayout.TRANSACTIONAL_BIT) !== 0
  )
}

/** The compression that the first batch claims; none when there is no telling, which validation will find out. */
function compressionOf(records: Buffer): BatchHeader['compression'] {
  if (records.length < batchLayout.BATCH_HEADER_BYTES) return 'none'
  return compressionTypeById(records.readInt16BE(batchLayout.ATTRIBUTES_AT) & batchLayout.COMPRESSION_MASK)?.name ?? 'none'
}
