/** The first step of a record: checked, serialised, measured. One object is reused for all records. */

import type { RecordHeader } from '@odradek/protocol'
import { batchLayout, RecordBatchBuilder } from '@odradek/protocol'
import { KafkaError, SerializationError } from '../errors/kafka-error.ts'
import { toRecordHeaders } from '../headers.ts'
import type { Serializer } from '../serde/serde.ts'
import type { EncodedRecord } from './accumulator.ts'
import { exactBytes } from './accumulator.ts'
import type { ProducerRecord } from './types.ts'

const { BATCH_HEADER_BYTES } = batchLayout

export interface RecordEncoderOptions<K, V> {
  readonly key: Serializer<K> | undefined
  readonly value: Serializer<V> | undefined
  readonly maxRequestBytes: number
  readonly bufferMemoryBytes: number
}

export class RecordEncoder<K, V> implements EncodedRecord {
  key: Uint8Array | string | null = null
  value: Uint8Array | string | null = null
  headers: readonly RecordHeader[] | undefined
  /** What the record takes in a batch, at most. */
  maxBytes = 0
  readonly #options: RecordEncoderOptions<K, V>

  constructor(options: RecordEncoderOptions<K, V>) {
    this.#options = options
  }

  /** Fills the fields. Throws SerializationError, or KafkaError RECORD_TOO_LARGE. */
  encode(record: ProducerRecord<K, V>): void {
    const { key, value, timestamp, headers } = record
    this.key = key === null || key === undefined ? null : this.#serialize(this.#options.key, key, record.topic, 'key')
    this.value = value === null ? null : this.#serialize(this.#options.value, value, record.topic, 'value')
    this.headers = headers === undefined ? undefined : toRecordHeaders(headers)
    if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
      throw invalid(record.topic, `The timestamp must be whole milliseconds since the epoch, not ${timestamp}`)
    }
    this.maxBytes = RecordBatchBuilder.estimateBytes(this.key, this.value, this.headers)
    if (this.maxBytes > this.#options.maxRequestBytes - BATCH_HEADER_BYTES) this.#measure(record.topic)
  }

  #serialize<T>(serializer: Serializer<T> | undefined, data: T, topic: string, part: 'key' | 'value'): Uint8Array | string | null {
    let bytes: unknown = data
    if (serializer !== undefined) {
      try {
        bytes = serializer.serialize(data, topic)
      } catch (error) {
        throw invalid(topic, `The ${part} cannot be serialised: ${error instanceof Error ? error.message : String(error)}`, error)
      }
    }
    if (typeof bytes === 'string' || bytes instanceof Uint8Array || bytes === null) return bytes
    throw invalid(
      topic,
      `The ${part} must be a string or bytes, not ${bytes === undefined ? 'undefined' : typeof bytes}; name a serializer in the producer's options`,
    )
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

function invalid(topic: string, message: string, cause?: unknown): SerializationError {
  return new SerializationError(message, { topic, partition: -1, offset: -1 }, { cause })
}
