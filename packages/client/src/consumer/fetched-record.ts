/** A record as `poll()` hands it over: positions in the fetched batch, and getters that decode what is asked for. */

import type { RecordHeader } from '@odradek/protocol'
import { Reader } from '@odradek/protocol'
import { SerializationError } from '../errors/kafka-error.ts'
import type { Deserializer } from '../serde/serde.ts'
import type { ConsumerRecord } from './types.ts'

/** What the records of a batch have in common. */
export interface BatchContext<K, V> {
  readonly topic: string
  readonly partition: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly leaderEpoch: number
  /** The records, inflated. */
  readonly buffer: Buffer
  readonly key: Deserializer<K> | undefined
  readonly value: Deserializer<V> | undefined
}

const UNREAD: unique symbol = Symbol('unread')

/**
 * One of these is made for every record consumed, so its fields are plain and declared only: private `#` fields and field initialisers
 * cost a multiple of the record itself.
 */
export class FetchedRecord<K, V> implements ConsumerRecord<K, V> {
  declare readonly offset: number
  declare readonly timestamp: number
  declare private readonly batch: BatchContext<K, V>
  declare private readonly keyStart: number
  declare private readonly keyLength: number
  declare private readonly valueStart: number
  declare private readonly valueLength: number
  declare private readKey: K | null | typeof UNREAD
  declare private readValue: V | null | typeof UNREAD

  constructor(
    batch: BatchContext<K, V>,
    offset: number,
    timestamp: number,
    keyStart: number,
    keyLength: number,
    valueStart: number,
    valueLength: number,
  ) {
    this.batch = batch
    this.offset = offset
    this.timestamp = timestamp
    this.keyStart = keyStart
    this.keyLength = keyLength
    this.valueStart = valueStart
    this.valueLength = valueLength
    this.readKey = UNREAD
    this.readValue = UNREAD
  }

  get topic(): string {
    return this.batch.topic
  }

  get partition(): number {
    return this.batch.partition
  }

  get timestampType(): 'CreateTime' | 'LogAppendTime' {
    return this.batch.timestampType
  }

  get leaderEpoch(): number {
    return this.batch.leaderEpoch
  }

  get keyBytes(): Buffer | null {
    return this.keyLength < 0 ? null : this.batch.buffer.subarray(this.keyStart, this.keyStart + this.keyLength)
  }

  get valueBytes(): Buffer | null {
    return this.valueLength < 0 ? null : this.batch.buffer.subarray(this.valueStart, this.valueStart + this.valueLength)
  }

  get key(): K | null {
    if (this.readKey === UNREAD) this.readKey = this.#decode(this.batch.key, this.keyBytes, 'key')
    return this.readKey
  }

  get value(): V | null {
    if (this.readValue === UNREAD) this.readValue = this.#decode(this.batch.value, this.valueBytes, 'value')
    return this.readValue
  }

  get headers(): readonly RecordHeader[] {
    const reader = new Reader(this.batch.buffer, this.valueStart + Math.max(0, this.valueLength))
    const headers: RecordHeader[] = []
    for (let left = reader.readVarint(); left > 0; left--) {
      const keyBytes = reader.readVarint()
      const key = this.batch.buffer.toString('utf8', reader.offset, reader.offset + keyBytes)
      reader.offset += keyBytes
      const valueBytes = reader.readVarint()
      headers.push({ key, value: valueBytes < 0 ? null : this.batch.buffer.subarray(reader.offset, reader.offset + valueBytes) })
      reader.offset += Math.max(0, valueBytes)
    }
    return headers
  }

  toJSON(): Record<string, unknown> {
    const { topic, partition, offset, timestamp, timestampType, key, value, headers, leaderEpoch } = this
    return { topic, partition, offset, timestamp, timestampType, key, value, headers, leaderEpoch }
  }

  #decode<T>(deserializer: Deserializer<T> | undefined, data: Buffer | null, part: 'key' | 'value'): T | null {
    if (data === null) return null
    // Without a deserializer the type is Buffer, as the options' types say.
    if (deserializer === undefined) return data as T
    try {
      return deserializer.deserialize(data, this.topic)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new SerializationError(
        `The ${part} of ${this.topic}-${this.partition} at offset ${this.offset} cannot be deserialised: ${reason}`,
        this,
        {
          cause: error,
        },
      )
    }
  }
}

// What console.log shows: the record as it reads, not where it lies in the batch.
Object.defineProperty(FetchedRecord.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: FetchedRecord<unknown, unknown>) {
    return this.toJSON()
  },
})
