/** Serdes for text, bytes, JSON, numbers and UUIDs; the binary ones are byte-compatible with Kafka's Java serializers. */

import type { SyncSerde } from './serde.ts'

/** UTF-8. */
export const string: SyncSerde<string> = {
  serialize: (value) => {
    if (typeof value !== 'string') throw new TypeError(`The string serializer got ${describe(value)}`)
    return value
  },
  deserialize: (data) => data.toString('utf8'),
}

/** The bytes as they are. A deserialised Buffer is a view of the fetched batch. */
export const bytes: SyncSerde<Uint8Array> & { deserialize(data: Buffer): Buffer } = {
  serialize: (value) => {
    if (!(value instanceof Uint8Array)) throw new TypeError(`The bytes serializer got ${describe(value)}`)
    return value
  },
  deserialize: (data) => data,
}

/** JSON as UTF-8 text. The type is taken on trust: what comes from elsewhere should be validated. */
export function json<T>(): SyncSerde<T> {
  return {
    serialize: (value) => {
      const text = JSON.stringify(value) as string | undefined
      if (text === undefined) throw new TypeError(`JSON cannot express ${describe(value)}`)
      return text
    },
    deserialize: (data) => JSON.parse(data.toString('utf8')) as T,
  }
}

function fixed<T>(name: string, sizeBytes: number, write: (target: Buffer, value: T) => void, read: (data: Buffer) => T): SyncSerde<T> {
  return {
    serialize: (value) => {
      const target = Buffer.allocUnsafe(sizeBytes)
      write(target, value)
      return target
    },
    deserialize: (data) => {
      if (data.length !== sizeBytes) throw new RangeError(`A ${name} has ${sizeBytes} bytes, not ${data.length}`)
      return read(data)
    },
  }
}

/** 32-bit integer, big-endian, as Java's IntegerSerializer. */
export const int32: SyncSerde<number> = fixed(
  'int32',
  4,
  (target, value) => target.writeInt32BE(value),
  (data) => data.readInt32BE(),
)

/** 64-bit integer, big-endian, as Java's LongSerializer. Numbers outside ±(2^53 − 1) fail, both ways. */
export const int64: SyncSerde<number> = fixed(
  'int64',
  8,
  (target, value) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an integer within ±(2^53 − 1)`)
    target.writeBigInt64BE(BigInt(value))
  },
  (data) => {
    const value = Number(data.readBigInt64BE())
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is outside ±(2^53 − 1)`)
    return value
  },
)

/** 64-bit float, big-endian, as Java's DoubleSerializer. */
export const float64: SyncSerde<number> = fixed(
  'float64',
  8,
  (target, value) => target.writeDoubleBE(value),
  (data) => data.readDoubleBE(),
)

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The 36-character text form, as Java's UUIDSerializer writes it. */
export const uuid: SyncSerde<string> = {
  serialize: (value) => checkUuid(value),
  deserialize: (data) => checkUuid(data.toString('utf8')),
}

function checkUuid(value: string): string {
  if (!uuidForm.test(value)) throw new TypeError(`'${value}' is not a UUID`)
  return value
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? `an object (${value.constructor?.name ?? 'no class'})` : `a ${typeof value}`
}
