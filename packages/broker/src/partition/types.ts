/** What callers of a partition pass in and get back. Error codes are Kafka's; 0 is none. */

/** `client` batches are checked as Kafka checks a producer's; `coordinator` may write control batches and internal records. */
export type AppendOrigin = 'client' | 'coordinator'

export interface AppendOptions {
  readonly origin: AppendOrigin
  /** Version of the Produce request, where an error depends on it. The newest when absent. */
  readonly apiVersion?: number
}

/** A record that made its batch fail (KIP-467). */
export interface RecordError {
  readonly batchIndex: number
  readonly message: string | null
}

export interface AppendResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly recordErrors: readonly RecordError[]
  /** Offset of the first record, −1 on error. Of the original batch when this one is a duplicate. */
  readonly baseOffset: number
  readonly lastOffset: number
  /** −1 unless the topic stamps LogAppendTime or the batch is a duplicate. */
  readonly logAppendTimeMs: number
  /** −1 where the batch was refused before the log was asked. */
  readonly logStartOffset: number
}

export type IsolationLevel = 'read_uncommitted' | 'read_committed'

export interface ReadOptions {
  /** Any offset inside a batch yields that whole batch. */
  readonly offset: number
  /** Batches beyond this size are left for the next read, except a first one under `minOneBatch`. */
  readonly maxBytes: number
  readonly isolation: IsolationLevel
  /** Return at least one batch, however large. */
  readonly minOneBatch: boolean
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface ReadResult {
  readonly errorCode: number
  /** Whole batches, in order; not to be modified. */
  readonly records: readonly Uint8Array[]
  readonly sizeBytes: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Null under read_uncommitted. Ordered by first offset. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
}

export interface TimestampOffset {
  /** −1 when no record qualifies. */
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export interface EpochEndOffset {
  /** −1 when unknown. */
  readonly leaderEpoch: number
  readonly endOffset: number
}

/** As DescribeProducers reports it. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  /** −1 when no transaction is open. */
  readonly currentTransactionStartOffset: number
}

export interface DeleteRecordsResult {
  readonly errorCode: number
  readonly lowWatermark: number
}
