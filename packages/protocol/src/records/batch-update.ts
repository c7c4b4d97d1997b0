/** Changes of a finished batch in place: what a broker assigns, and what a producer rewrites before a retry. */

import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BATCH_LENGTH_AT,
  CRC_AT,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD_BYTES,
  MAX_TIMESTAMP_AT,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
} from './batch-layout.ts'
import { writeInt64 } from './int64.ts'

/** Neither field is under the CRC, so it stays as it was. */
export function setBaseOffset(batch: Buffer, position: number, baseOffset: number, partitionLeaderEpoch: number): void {
  writeInt64(batch, position + BASE_OFFSET_AT, baseOffset)
  batch.writeInt32BE(partitionLeaderEpoch, position + PARTITION_LEADER_EPOCH_AT)
}

/** Stamps the batch with the broker's time (message.timestamp.type=LogAppendTime) and renews its CRC. */
export function setLogAppendTime(batch: Buffer, position: number, timestampMs: number, crc32c: (data: Uint8Array) => number): void {
  batch.writeInt16BE(batch.readInt16BE(position + ATTRIBUTES_AT) | LOG_APPEND_TIME_BIT, position + ATTRIBUTES_AT)
  writeInt64(batch, position + MAX_TIMESTAMP_AT, timestampMs)
  renewCrc(batch, position, crc32c)
}

/** Corrects a batch whose producer claimed another maximum than its records have, and renews its CRC. */
export function setMaxTimestamp(batch: Buffer, position: number, timestampMs: number, crc32c: (data: Uint8Array) => number): void {
  batch.writeInt16BE(batch.readInt16BE(position + ATTRIBUTES_AT) & ~LOG_APPEND_TIME_BIT, position + ATTRIBUTES_AT)
  writeInt64(batch, position + MAX_TIMESTAMP_AT, timestampMs)
  renewCrc(batch, position, crc32c)
}

export interface ProducerState {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** Rewrites who sent the batch and in which sequence, and renews its CRC. */
export function setProducerState(batch: Buffer, position: number, state: ProducerState, crc32c: (data: Uint8Array) => number): void {
  writeInt64(batch, position + PRODUCER_ID_AT, state.producerId)
  batch.writeInt16BE(state.producerEpoch, position + PRODUCER_EPOCH_AT)
  batch.writeInt32BE(state.baseSequence, position + BASE_SEQUENCE_AT)
  renewCrc(batch, position, crc32c)
}

function renewCrc(batch: Buffer, position: number, crc32c: (data: Uint8Array) => number): void {
  const end = position + batch.readInt32BE(position + BATCH_LENGTH_AT) + LOG_OVERHEAD_BYTES
  batch.writeUInt32BE(crc32c(batch.subarray(position + ATTRIBUTES_AT, end)), position + CRC_AT)
}
