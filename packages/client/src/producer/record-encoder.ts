/** The first step of a record: checked, serialised, measured. One object is reused for all records. */

import type { RecordHeader } from '@odradek/protocol'
import { batchLayout, RecordBatchBuilder } from '@odradek/protocol'
import { KafkaError, SerializationError } from '../errors/kafka-error.ts'
import { toRecordHeaders } from '../headers.ts'
import type { Serialized, Serializer } from '../serde/serde.ts'
import type { EncodedRecord } from './accumulator.ts'
import { exactBytes } from './accumulator.ts'
import type { HeldRecord, LateBytes } from './held-record.ts'
import { owned } from './held-record.ts'
import type { ProducerRecord } from './types.ts'

const { BATCH_HEADER_BYTES } = batchLayout

export interface RecordEncoderOptions<K, V> {
  readonly key: Serializer<K> | undefined
  readonly value: Serializer<V> | undefined
  readonly maxRequestBytes: number
  readonly bufferMemoryBytes: number
}

export class RecordEncoder<K, V> implements EncodedRecord {
  key: Serialized = null
  value: Serialized = null
  headers: readonly RecordHeader[] | undefined
  /** What the record takes in a batch, at most. */
  maxBytes = 0
  readonly #options: RecordEncoderOptions<K, V>
  /** Up to here a record is small enough whatever its text takes. */
  readonly #unmeasuredBytes: number

  constructor(options: RecordEncoderOptions<K, V>) {
    this.#options = options
    this.#unmeasuredBytes = Math.min(options.maxRequestBytes, options.bufferMemoryBytes) - BATCH_HEADER_BYTES
  }

  /**
   * Serialises a record and fills the fields; returns what to wait for when a serializer takes its time, the headers being there. Throws
   * SerializationError, or KafkaError RECORD_TOO_LARGE.
   */
  encode(record: ProducerRecord<K, V>): LateBytes | undefined {
    const { timestamp, headers, topic } = record
    const partition = record.partition ?? 0
    if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
      throw invalid(topic, `The timestamp must be whole milliseconds since the epoch, not ${String(timestamp)}`)
    }
    if (!(Number.isInteger(partition) && partition >= 0)) {
      throw invalid(topic, `The partition must be a whole number from 0 on, not ${String(partition)}`)
    }
    const key = this.#key(record)
    const value = this.#value(record)
    this.headers = headers === undefined ? undefined : encodeHeaders(headers, topic)
    if (isPromise(key) || isPromise(value)) return later(isPromise(key) ? key : owned(key), isPromise(value) ? value : owned(value), topic)
    this.#fill(key, value, topic)
    return undefined
  }

  /** Fills the fields with a record that has waited. Throws what its serializers have failed with, or RECORD_TOO_LARGE. */
  take(held: HeldRecord<K, V>): void {
    if (held.late?.error !== undefined) throw held.late.error
    const { key, value } = held.late?.bytes ?? held
    this.headers = held.headers
    this.#fill(key, value, held.topic)
  }

  #fill(key: Serialized, value: Serialized, topic: string): void {
    this.key = key
    this.value = value
    this.maxBytes = RecordBatchBuilder.estimateBytes(key, value, this.headers)
    if (this.maxBytes > this.#unmeasuredBytes) this.#measure(topic)
  }

  #key({ key, topic }: ProducerRecord<K, V>): Serialized | Promise<Serialized> {
    return key === null || key === undefined ? null : serialize(this.#options.key, key, topic, 'key')
  }

  #value({ value, topic }: ProducerRecord<K, V>): Serialized | Promise<Serialized> {
    return value === null ? null : serialize(this.#options.value, value, topic, 'value')
  }

  #measure(topic: string): void {
    const bytes = exactBytes(this) + BATCH_HEADER_BYTES
    if (bytes > this.#options.maxRequestBytes) {
      throw new KafkaError(
        'RECORD_TOO_LARGE',
        `A record of ${bytes} bytes to ${topic} is over max.request.size (${this.#options.maxRequestBytes})`,
      )
    }
    if (bytes > this.#options.bufferMemoryBytes) {
      throw new KafkaError(
        'RECORD_TOO_LARGE',
        `A record of ${bytes} bytes to ${topic} is over buffer.memory (${this.#options.bufferMemoryBytes})`,
      )
    }
  }
}

function serialize<T>(
  serializer: Serializer<T> | undefined,
  data: T,
  topic: string,
  part: 'key' | 'value',
): Serialized | Promise<Serialized> {
  let bytes: unknown = data
  if (serializer !== undefined) {
    try {
      bytes = serializer.serialize(data, topic)
    } catch (error) {
      throw failed(error, topic, part)
    }
  }
  if (typeof bytes === 'string' || bytes instanceof Uint8Array || bytes === null) return bytes
  if (serializer === undefined || !isPromise(bytes)) throw notBytes(bytes, topic, part)
  const late = Promise.resolve(bytes).then(
    (answer: unknown) => {
      if (typeof answer === 'string' || answer instanceof Uint8Array || answer === null) return owned(answer)
      throw notBytes(answer, topic, part)
    },
    (error: unknown) => {
      throw failed(error, topic, part)
    },
  )
  // Nobody waits for a key whose value has failed meanwhile.
  late.catch(() => undefined)
  return late
}

function later(key: Serialized | Promise<Serialized>, value: Serialized | Promise<Serialized>, topic: string): LateBytes {
  const late: LateBytes = {
    settled: Promise.all([key, value]).then(
      ([lateKey, lateValue]) => {
        late.bytes = { key: lateKey, value: lateValue }
      },
      (error: unknown) => {
        late.error = error instanceof KafkaError ? error : failed(error, topic, 'value')
      },
    ),
    bytes: undefined,
    error: undefined,
  }
  return late
}

function encodeHeaders(headers: NonNullable<ProducerRecord<unknown, unknown>['headers']>, topic: string): readonly RecordHeader[] {
  try {
    return toRecordHeaders(headers)
  } catch (error) {
    throw invalid(topic, error instanceof Error ? error.message : String(error), error)
  }
}

function isPromise(value: unknown): value is Promise<Serialized> {
  return (
    value instanceof Promise || (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function')
  )
}

function failed(error: unknown, topic: string, part: 'key' | 'value'): SerializationError {
  return invalid(topic, `The ${part} cannot be serialised: ${error instanceof Error ? error.message : String(error)}`, error)
}

function notBytes(bytes: unknown, topic: string, part: 'key' | 'value'): SerializationError {
  const what = bytes === undefined ? 'undefined' : typeof bytes
  return invalid(topic, `The ${part} must be a string or bytes, not ${what}; name a serializer in the producer's options`)
}

function invalid(topic: string, message: string, cause?: unknown): SerializationError {
  return new SerializationError(message, { topic, partition: -1, offset: -1 }, { cause })
}
