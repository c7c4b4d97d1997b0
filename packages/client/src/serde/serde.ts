/** What turns application values into bytes and back. */

/** What is written for a key or a value. Text is written as UTF-8, straight into the batch. */
export type Serialized = Uint8Array | string | null

/** Null keys and values are written as null without asking the serializer. */
export interface Serializer<T> {
  /**
   * Throwing, or rejecting, fails that record alone. While a promise is pending the records that were sent to the topic afterwards wait behind
   * this one, their serializers already at work, so that the order holds; `max.block.ms` does not count that time, and
   * `delivery.timeout.ms` ends it. Bytes may be in memory that is used again: they are copied before `send()` returns.
   */
  serialize(value: T, topic: string): Serialized | Promise<Serialized>
}

/** One that answers at once. */
export interface SyncSerializer<T> extends Serializer<T> {
  serialize(value: T, topic: string): Serialized
}

/** Null keys and values are handed over as null without asking the deserializer. */
export interface Deserializer<T> {
  /** `data` is a view of the fetched batch: copy what must outlive the record. */
  deserialize(data: Buffer, topic: string): T
}

/** One that may have to ask somebody first, such as a schema registry. `poll()` hands a record over when its key and value are there. */
export interface AsyncDeserializer<T> {
  readonly isAsync: true
  /** As `Deserializer`. A rejection fails that record alone, when its key or value is read. */
  deserialize(data: Buffer, topic: string): T | Promise<T>
}

export type AnyDeserializer<T> = Deserializer<T> | AsyncDeserializer<T>

export function isAsync<T>(deserializer: AnyDeserializer<T> | undefined): deserializer is AsyncDeserializer<T> {
  return deserializer !== undefined && 'isAsync' in deserializer
}

export interface Serde<T> extends Serializer<T>, Deserializer<T> {}

export interface SyncSerde<T> extends SyncSerializer<T>, Deserializer<T> {}

/** What a producer without serializers takes. */
export type BytesLike = Uint8Array | string
