/** Control records: their type in the key, and the transaction markers' value (EndTxnMarker). */

import { MalformedError } from '../wire/malformed-error.ts'
import { RecordBatchBuilder } from './batch-builder.ts'

/** Other types (leader change, snapshot header …) belong to KRaft and are skipped by clients. */
export type ControlRecordType = 'ABORT' | 'COMMIT' | 'UNKNOWN'

/** What a transaction marker says. */
export interface EndTransactionMarker {
  readonly type: 'ABORT' | 'COMMIT'
  readonly coordinatorEpoch: number
}

/** Reads a control record's key: version int16, type int16. Throws MalformedError when it is null or too short. */
export function readControlRecordType(key: Uint8Array | null): ControlRecordType {
  if (key === null || key.length < 4) throw new MalformedError(`Control record key of ${key === null ? 'no' : key.length} bytes`)
  const view = asBuffer(key)
  const version = view.readInt16BE(0)
  if (version < 0) throw new MalformedError(`Control record key version ${version}`)
  const type = view.readInt16BE(2)
  return type === 0 ? 'ABORT' : type === 1 ? 'COMMIT' : 'UNKNOWN'
}

/** Reads a marker's value: version int16, coordinator epoch int32; later versions may append to it. */
export function readEndTransactionMarker(key: Uint8Array | null, value: Uint8Array | null): EndTransactionMarker {
  const type = readControlRecordType(key)
  if (type === 'UNKNOWN') throw new MalformedError('Not a transaction marker')
  if (value === null || value.length < 6)
    throw new MalformedError(`Transaction marker value of ${value === null ? 'no' : value.length} bytes`)
  const view = asBuffer(value)
  const version = view.readInt16BE(0)
  if (version < 0) throw new MalformedError(`Transaction marker version ${version}`)
  return { type, coordinatorEpoch: view.readInt32BE(2) }
}

export function controlRecordKey(type: 'ABORT' | 'COMMIT'): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(type === 'COMMIT' ? 1 : 0, 2)
  return key
}

export function endTransactionMarkerValue(coordinatorEpoch: number): Buffer {
  const value = Buffer.alloc(6)
  value.writeInt32BE(coordinatorEpoch, 2)
  return value
}

export interface EndTransactionMarkerBatchOptions {
  readonly marker: EndTransactionMarker
  readonly timestampMs: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitionLeaderEpoch?: number
  readonly baseOffset?: number
  crc32c(data: Uint8Array): number
}

/** The control batch that ends a transaction on a partition; its sequence is −1, as Kafka's. */
export function buildEndTransactionMarkerBatch(options: EndTransactionMarkerBatchOptions): Buffer {
  const { marker, timestampMs, ...batch } = options
  const builder = new RecordBatchBuilder(128)
  builder.append(timestampMs, controlRecordKey(marker.type), endTransactionMarkerValue(marker.coordinatorEpoch))
  return builder.build({ ...batch, isTransactional: true, isControl: true })
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
