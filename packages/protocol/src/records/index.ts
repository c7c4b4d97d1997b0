/** What the rest of the project uses of record batches. */

export { RecordBatchBuilder } from './batch-builder.ts'
export type { BatchCompression, BuildOptions, RecordBytes, RecordHeader } from './batch-builder.ts'
export { batchCrcIsValid, batchSizeAt, readBatchHeader, recordsSection, UnsupportedMagicError } from './batch-header.ts'
export type { BatchHeader, TimestampType } from './batch-header.ts'
export * as batchLayout from './batch-layout.ts'
export { deleteHorizonOf, selectRecords, withoutRecords, withRecords } from './batch-retention.ts'
export type { RetainedBatch } from './batch-retention.ts'
export { setBaseOffset, setLogAppendTime, setMaxTimestamp, setProducerState } from './batch-update.ts'
export type { ProducerState } from './batch-update.ts'
export {
  buildEndTransactionMarkerBatch,
  controlRecordKey,
  endTransactionMarkerValue,
  readControlRecordType,
  readEndTransactionMarker,
} from './control-record.ts'
export type { ControlRecordType, EndTransactionMarker, EndTransactionMarkerBatchOptions } from './control-record.ts'
export { readInt64, writeInt64 } from './int64.ts'
export { RecordCursor } from './record-cursor.ts'
export { decrementSequence, incrementSequence } from './sequence.ts'
