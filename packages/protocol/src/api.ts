/** What the generator emits for an API: its facts, and straight-line encoding and decoding of both directions. */

import type { Reader } from './wire/reader.ts'
import type { Writer } from './wire/writer.ts'

/**
 * One API of Kafka's protocol. The plain types are what decoding yields, every field present; the `Input` types are what encoding
 * takes, where fields with a default, or not in all versions, may be left out.
 *
 * Encoding throws `UnsupportedFieldError` when the version cannot carry a value and Kafka does not allow to drop it, and `RangeError`
 * for a value outside its type. Decoding throws `MalformedError` and nothing else. The version must be one of the API's.
 */
export interface Api<Request, RequestInput, Response, ResponseInput> {
  readonly key: number
  /** Kafka's name, e.g. `OffsetCommit`. */
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  /** First flexible version (KIP-482); Infinity when there is none. */
  readonly flexibleVersion: number
  /** The lowest version that a broker states in ApiVersions; `minVersion` for all but Produce. */
  readonly advertisedMinVersion: number
  encodeRequest(this: void, w: Writer, message: RequestInput, version: number): void
  decodeRequest(this: void, r: Reader, version: number): Request
  encodeResponse(this: void, w: Writer, message: ResponseInput, version: number): void
  decodeResponse(this: void, r: Reader, version: number): Response
}

/** An API whose messages are not known by type. */
export type AnyApi = Api<unknown, unknown, unknown, unknown>
