/** The first step of a record: checked, serialised, measured. One object is reused for all records. */

import type { RecordHeader } from '@odradek/protocol'
import { batchLayout, RecordBatchBuilder } from '@odradek/protocol'
import { KafkaError, SerializationError } from '../errors/kafka-error.ts'
import { toRecordHeaders } from '../headers.ts'
import type { Serialized, Serializer } from '../serde/serde.ts'
import type { EncodedRecord } from './accumulator.ts'
import { exactBytes } from './accumulator.ts'
import { toKafkaError } from './to-kafka-error.ts'
import type { ProducerRecord } from './types.ts'

const { BATCH_HEADER_BYTES } = batchLayout

export interface RecordEncoderOptions<K, V> {
  readonly key: Serializer<K> | undefined
  readonly value: Serializer<V> | undefined
  readonly maxRequestBytes: number
  readonly bufferMemoryBytes: number
}

/** A record's key and value as serializers made them. */
export interface SerializedRecord {
  readonly key: Serialized
  readonly value: Serialized
}

/** Serializers at work on a record. */
export interface LateBytes {
  /** Never rejects; then there are bytes or an error. */
  readonly settled: Promise<void>
  readonly bytes: SerializedRecord | undefined
  readonly error: KafkaError | undefined
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
  #isLate = false

  constructor(options: RecordEncoderOptions<K, V>) {
    this.#options = options
    this.#unmeasuredBytes = Math.min(options.maxRequestBytes, options.bufferMemoryBytes) - BATCH_HEADER_BYTES
  }

  /** A serializer has answered with a promise before: the next records' are better started early. */
  get isLate(): boolean {
    return this.#isLate
  }

  /**
   * Fills the fields, with `bytes` if the record was serialised before, and returns undefined; returns what to wait for when a serializer takes
   * its time. Throws SerializationError, or KafkaError RECORD_TOO_LARGE.
   */
  encode(record: ProducerRecord<K, V>, bytes?: SerializedRecord): LateBytes | undefined {
    const { timestamp, headers, topic } = record
    const key = bytes === undefined ? this.#key(record) : bytes.key
    const value = bytes === undefined ? this.#value(record) : bytes.value
    if (isPromise(key) || isPromise(value)) return this.#later(key, value, topic)
    this.key = key
    this.value = value
    this.headers = headers === undefined ? undefined : toRecordHeaders(headers)
    if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
      throw invalid(topic, `The timestamp must be whole milliseconds since the epoch, not ${timestamp}`)
    }
    this.maxBytes = RecordBatchBuilder.estimateBytes(this.key, this.value, this.headers)
    if (this.maxBytes > this.#unmeasuredBytes) this.#measure(topic)
    return undefined
  }

  /** Starts to serialise a record that has to wait. */
  serialize(record: ProducerRecord<K, V>): LateBytes {
    try {
      return this.#later(this.#key(record), this.#value(record), record.topic)
    } catch (error) {
      return { settled: Promise.resolve(), bytes: undefined, error: toKafkaError(error) }
    }
  }

  #key({ key, topic }: ProducerRecord<K, V>): Serialized | Promise<Serialized> {
    return key === null || key === undefined ? null : this.#serialize(this.#options.key, key, topic, 'key')
  }

  #value({ value, topic }: ProducerRecord<K, V>): Serialized | Promise<Serialized> {
    return value === null ? null : this.#serialize(this.#options.value, value, topic, 'value')
  }

  #serialize<T>(serializer: Serializer<T> | undefined, data: T, topic: string, part: 'key' | 'value'): Serialized | Promise<Serialized> {
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
    return bytes.then(
      (late: unknown) => {
        if (typeof late === 'string' || late instanceof Uint8Array || late === null) return late
        throw notBytes(late, topic, part)
      },
      (error: unknown) => {
        throw failed(error, topic, part)
      },
    )
  }

  #later(key: Serialized | Promise<Serialized>, value: Serialized | Promise<Serialized>, topic: string): LateBytes {
    this.#isLate = true
    const late: { settled: Promise<void>; bytes: SerializedRecord | undefined; error: KafkaError | undefined } = {
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
