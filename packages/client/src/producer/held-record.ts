/** A record that has to wait, as it was when it was sent: what the application does to its objects afterwards changes nothing. */

import type { RecordHeader } from '@odradek/protocol'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { Serialized } from '../serde/serde.ts'

/** Serializers at work on a record. */
export interface LateBytes {
  /** Never rejects; then there are bytes or an error. */
  readonly settled: Promise<void>
  bytes: { readonly key: Serialized; readonly value: Serialized } | undefined
  error: KafkaError | undefined
}

export interface HeldRecord<K, V> {
  readonly topic: string
  /** −1: any will do; undefined until it is chosen. */
  partition: number | undefined
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[] | undefined
  /** Undefined unless a serializer takes its time. */
  readonly late: LateBytes | undefined
  /** Null while it is late, and so is `value`. */
  readonly key: Serialized
  readonly value: Serialized
  /** As the application gave it, by which it knows the record. */
  readonly sourceKey: K | null | undefined
  /** As the application gave it, while a partitioner has yet to look at it. */
  readonly sourceValue: V | null
}

export function isPending({ late }: HeldRecord<unknown, unknown>): boolean {
  return late !== undefined && late.bytes === undefined && late.error === undefined
}

export function ownedHeaders(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  return headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) }))
}

/** Bytes that the application may write over are copied. */
export function owned(bytes: Serialized): Serialized {
  return bytes instanceof Uint8Array ? Buffer.from(bytes) : bytes
}
