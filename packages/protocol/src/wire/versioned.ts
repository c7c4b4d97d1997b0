/** Messages that stand alone: keys and values of records in internal topics, and what the consumer protocol embeds in a group's messages. */

import { UnsupportedVersionError } from './encode-errors.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

type Encode<Input> = (w: Writer, message: Input, version: number) => void
type Decode<Message> = (r: Reader, version: number) => Message

/** The key of a record in an internal topic. Its int16 record type comes first. */
export interface RecordKeyCodec<Message, Input> {
  readonly name: string
  /** The record type, which says what the value is as well. */
  readonly type: number
  encode(message: Input): Buffer
  /** Throws `MalformedError`, and `UnsupportedVersionError` for a key of another type. */
  decode(bytes: Buffer): Message
}

/** Bytes that start with their int16 version. */
export interface VersionedCodec<Message, Input> {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  /** `version` is the highest by default. */
  encode(message: Input, version?: number): Buffer
  /** Throws `MalformedError`, and `UnsupportedVersionError` for a version that cannot be read. */
  decode(bytes: Buffer): Message
}

/** The value of a record in an internal topic. */
export interface RecordValueCodec<Message, Input> extends VersionedCodec<Message, Input> {
  /** The record type that the key carries. */
  readonly type: number
}

/** The record type of a key in `__consumer_offsets` or `__transaction_state`. Throws `MalformedError` on less than two bytes. */
export function recordTypeOf(key: Buffer): number {
  return new Reader(key).readInt16()
}

export function recordKey<Message, Input>(
  name: string,
  type: number,
  encode: Encode<Input>,
  decode: Decode<Message>,
): RecordKeyCodec<Message, Input> {
  return {
    name,
    type,
    encode(message) {
      const w = new Writer()
      w.writeInt16(type)
      encode(w, message, 0)
      return w.finishBuffer()
    },
    decode(bytes) {
      const r = new Reader(bytes)
      const found = r.readInt16()
      if (found !== type) throw new UnsupportedVersionError(name, found, type, type)
      return decode(r, 0)
    },
  }
}

export function recordValue<Message, Input>(
  name: string,
  type: number,
  versions: readonly [number, number],
  encode: Encode<Input>,
  decode: Decode<Message>,
): RecordValueCodec<Message, Input> {
  return { type, ...versioned(name, versions, encode, decode, false) }
}

/** As `recordValue`, except that a newer version is read as the newest known one, since later versions only append. */
export function embedded<Message, Input>(
  name: string,
  versions: readonly [number, number],
  encode: Encode<Input>,
  decode: Decode<Message>,
): VersionedCodec<Message, Input> {
  return versioned(name, versions, encode, decode, true)
}

function versioned<Message, Input>(
  name: string,
  [minVersion, maxVersion]: readonly [number, number],
  encode: Encode<Input>,
  decode: Decode<Message>,
  readsNewer: boolean,
): VersionedCodec<Message, Input> {
  return {
    name,
    minVersion,
    maxVersion,
    encode(message, version = maxVersion) {
      if (version < minVersion || version > maxVersion) throw new UnsupportedVersionError(name, version, minVersion, maxVersion)
      const w = new Writer()
      w.writeInt16(version)
      encode(w, message, version)
      return w.finishBuffer()
    },
    decode(bytes) {
      const r = new Reader(bytes)
      const found = r.readInt16()
      if (found < minVersion || (found > maxVersion && !readsNewer)) throw new UnsupportedVersionError(name, found, minVersion, maxVersion)
      return decode(r, Math.min(found, maxVersion))
    },
  }
}
