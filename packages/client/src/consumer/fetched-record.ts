/** A record as `poll()` hands it over: positions in the fetched batch, and getters that decode what is asked for. */

import type { RecordHeader } from '@odradek/protocol'
import { Reader } from '@odradek/protocol'
import { SerializationError } from '../errors/kafka-error.ts'
import type { AnyDeserializer, AsyncDeserializer } from '../serde/serde.ts'
import { isAsync } from '../serde/serde.ts'
import type { ConsumerRecord } from './types.ts'

/** What the records of a batch have in common. */
export interface BatchContext<K, V> {
  readonly topic: string
  readonly partition: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly leaderEpoch: number
  /** The records, inflated. */
  readonly buffer: Buffer
  readonly key: AnyDeserializer<K> | undefined
  readonly value: AnyDeserializer<V> | undefined
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

  /** Has deserializers that take their time do so; undefined when there is nothing to wait for. Never rejects. */
  settle(): Promise<void> | undefined {
    const key = isAsync(this.batch.key) ? this.#settlePart(this.batch.key, this.keyBytes, 'key') : undefined
    const value = isAsync(this.batch.value) ? this.#settlePart(this.batch.value, this.valueBytes, 'value') : undefined
    if (key === undefined || value === undefined) return key ?? value
    return Promise.all([key, value]).then(() => undefined)
  }

  #settlePart<T>(deserializer: AsyncDeserializer<T>, data: Buffer | null, part: Part): Promise<void> | undefined {
    if (data === null) return undefined
    try {
      const read = deserializer.deserialize(data, this.topic)
      if (!(read instanceof Promise)) {
        this.#keep(part, read)
        return undefined
      }
      return read.then(
        (settled) => this.#keep(part, settled),
        (error: unknown) => this.#fail(part, error),
      )
    } catch (error) {
      this.#fail(part, error)
      return undefined
    }
  }

  #keep(part: Part, read: unknown): void {
    if (part === 'key') this.readKey = read as K
    else this.readValue = read as V
  }

  #fail(part: Part, error: unknown): void {
    failures.set(this, { ...failures.get(this), [part]: this.#failure(part, error) })
  }

  #decode<T>(deserializer: AnyDeserializer<T> | undefined, data: Buffer | null, part: Part): T | null {
    if (data === null) return null
    // Without a deserializer the type is Buffer, as the options' types say.
    if (deserializer === undefined) return data as T
    if (isAsync(deserializer)) throw failures.get(this)?.[part] ?? this.#failure(part, new Error('it was not awaited'))
    try {
      return deserializer.deserialize(data, this.topic)
    } catch (error) {
      throw this.#failure(part, error)
    }
  }

  #failure(part: Part, error: unknown): SerializationError {
    const reason = error instanceof Error ? error.message : String(error)
    const place = `${this.topic}-${this.partition} at offset ${this.offset}`
    return new SerializationError(`The ${part} of ${place} cannot be deserialised: ${reason}`, this, { cause: error })
  }
}

type Part = 'key' | 'value'

/** Of records whose deserializers took their time and failed; apart from the records, which should stay small. */
const failures = new WeakMap<object, Readonly<Partial<Record<Part, SerializationError>>>>()

// What console.log shows: the record as it reads, not where it lies in the batch.
Object.defineProperty(FetchedRecord.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: FetchedRecord<unknown, unknown>) {
    return this.toJSON()
  },
})
