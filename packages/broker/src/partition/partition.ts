/** A partition: append validation, producer state, high watermark and reads over one log. */

import type { LogConfig } from '../storage/log-config.ts'
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

export interface Partition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  leaderEpoch: number
  readonly logStartOffset: number
  /** The written end: what consumers may see under read_uncommitted. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Next offset to be assigned; runs ahead of `highWatermark` while writes are queued. */
  readonly logEndOffset: number
  readonly config: LogConfig
  /** Bytes of all segments. */
  readonly sizeBytes: number

  /** Resolves when the codecs that `append` needs for these records are loaded; undefined when they are already. */
  prepare(records: Buffer): Promise<void> | undefined
  /** Validates, assigns offsets in place, updates state in memory and queues the write. `records` belongs to the partition from then on. */
  append(records: Buffer, options: AppendOptions): AppendResult
  /** Resolves once written, and synced where the topic's flush settings ask for it. Rejects with StorageError. */
  whenDurable(lastOffset: number): Promise<void>
  read(options: ReadOptions): Promise<ReadResult>
  /** −1 latest, −2 earliest, −3 maximum timestamp, otherwise the first record at or after the timestamp. Never below the log start. */
  offsetForTimestamp(timestamp: number, isolation?: IsolationLevel): Promise<TimestampOffset>
  endOffsetForEpoch(leaderEpoch: number): EpochEndOffset
  /** Called when the high watermark or the last stable offset has moved. Returns the unsubscriber. */
  onAdvance(listener: () => void): () => void
  /** Visits every written batch from the one that contains `fromOffset`; `visit` must copy what it keeps. */
  forEachBatch(fromOffset: number, visit: (batch: Buffer) => void | Promise<void>): Promise<void>
  /** Moves the log start (DeleteRecords); −1 means the high watermark. */
  deleteRecordsBefore(offset: number): Promise<DeleteRecordsResult>
  activeProducers(): ActiveProducer[]
  updateConfig(config: LogConfig): void
  close(): Promise<void>
  delete(): Promise<void>
}
