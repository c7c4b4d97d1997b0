/** A record that has to wait, as it was when it was sent: what the application does to its objects afterwards changes nothing. */

import type { RecordHeader } from '@odradek/protocol'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { Serialized } from '../serde/serde.ts'
import type { EncodedRecord } from './accumulator.ts'
import type { ProducerRecord } from './types.ts'

/** What serializers make of a record, perhaps later: then there are bytes or an error. */
export interface Serialization {
  /** Never rejects. */
  readonly settled: Promise<void> | undefined
  bytes: { readonly key: Serialized; readonly value: Serialized } | undefined
  error: KafkaError | undefined
}

export interface HeldRecord<K, V> {
  readonly topic: string
  /** −1: any will do; undefined until it is chosen. */
  partition: number | undefined
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[] | undefined
  readonly serialization: Serialization
  /** What a partitioner may look at, and what tells the record in an error. */
  readonly source: Pick<ProducerRecord<K, V>, 'topic' | 'key' | 'value' | 'partition'>
}

export function isPending({ serialization }: HeldRecord<unknown, unknown>): boolean {
  return serialization.bytes === undefined && serialization.error === undefined
}

/** Of a record that is serialised, in memory of its own. */
export function serialized({ key, value }: EncodedRecord): Serialization {
  return { settled: undefined, bytes: { key: owned(key), value: owned(value) }, error: undefined }
}

export function ownedHeaders(headers: readonly RecordHeader[] | undefined): readonly RecordHeader[] | undefined {
  return headers?.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) }))
}

/** Bytes that the application may write over are copied. */
export function owned(bytes: Serialized): Serialized {
  return bytes instanceof Uint8Array ? Buffer.from(bytes) : bytes
}
