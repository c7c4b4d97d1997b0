/** What turns application values into bytes and back. */

/** Null keys and values are written as null without asking the serializer. */
export interface Serializer<T> {
  /** Text is written as UTF-8, straight into the batch. Throwing fails that record alone. */
  serialize(value: T, topic: string): Uint8Array | string | null
}

/** Null keys and values are handed over as null without asking the deserializer. */
export interface Deserializer<T> {
  /** `data` is a view of the fetched batch: copy what must outlive the record. */
  deserialize(data: Buffer, topic: string): T
}

export interface Serde<T> extends Serializer<T>, Deserializer<T> {}

/** What a producer without serializers takes. */
export type BytesLike = Uint8Array | string
