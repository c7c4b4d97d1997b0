/** Serdes for text, bytes, JSON, numbers and UUIDs; the binary ones are byte-compatible with Kafka's Java serializers. */

import type { Deserializer, SyncSerde, SyncSerializer } from './serde.ts'

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

interface FixedSerde<In, Out> extends SyncSerializer<In>, Deserializer<Out> {
  serialize(value: In): Buffer
}

/** `write` is given values that `isOne` has found good: what is written wrong is not noticed before it is read, if then. */
function fixed<In, Out>(
  { name, sizeBytes, takes }: { readonly name: string; readonly sizeBytes: number; readonly takes: string },
  isOne: (value: unknown) => boolean,
  write: (target: Buffer, value: In) => void,
  read: (data: Buffer) => Out,
): FixedSerde<In, Out> {
  return {
    serialize: (value) => {
      if (!isOne(value)) throw new RangeError(`The ${name} serializer takes ${takes}, not ${describe(value)}`)
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
export const int32: SyncSerde<number> = fixed<number, number>(
  { name: 'int32', sizeBytes: 4, takes: 'whole numbers from −2^31 to 2^31 − 1' },
  (value) => typeof value === 'number' && value === (value | 0),
  (target, value) => target.writeInt32BE(value),
  (data) => data.readInt32BE(),
)

/**
 * 64-bit integer, big-endian, as Java's LongSerializer. Written from a number within ±(2^53 − 1), or from any bigint of 64 bits; what is read and
 * does not fit a number fails.
 */
export const int64: SyncSerializer<number | bigint> & Deserializer<number> = fixed<number | bigint, number>(
  { name: 'int64', sizeBytes: 8, takes: 'whole numbers within ±(2^53 − 1) and bigints of 64 bits' },
  (value) => (typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value)),
  (target, value) => target.writeBigInt64BE(BigInt(value)),
  (data) => {
    const value = Number(data.readBigInt64BE())
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is outside ±(2^53 − 1)`)
    return value
  },
)

/** 64-bit float, big-endian, as Java's DoubleSerializer. */
export const float64: SyncSerde<number> = fixed<number, number>(
  { name: 'float64', sizeBytes: 8, takes: 'numbers' },
  (value) => typeof value === 'number',
  (target, value) => target.writeDoubleBE(value),
  (data) => data.readDoubleBE(),
)

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The 36-character text form in lower case, as Java's UUIDSerializer writes it: a key of other letters would be in another partition. */
export const uuid: SyncSerde<string> = {
  serialize: (value) => checkUuid(value),
  deserialize: (data) => checkUuid(data.toString('utf8')),
}

function checkUuid(value: string): string {
  if (typeof value !== 'string' || !uuidForm.test(value)) throw new TypeError(`'${String(value)}' is not a UUID`)
  return value.toLowerCase()
}

/** What a serializer got instead. */
function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || value === null) return String(value)
  return typeof value === 'object' ? `an object (${value.constructor?.name ?? 'no class'})` : `a ${typeof value}`
}
