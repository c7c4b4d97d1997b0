/** Whole requests and responses: the four-byte size, the header, the body. */

import type { Api } from './api.ts'
import { apiByKey } from './generated/index.ts'
import { decodeRequestHeader as decodeHeader, encodeRequestHeader } from './generated/messages/request-header.ts'
import { decodeResponseHeader as decodeAnswerHeader, encodeResponseHeader } from './generated/messages/response-header.ts'
import { UnsupportedVersionError } from './wire/encode-errors.ts'
import { Reader } from './wire/reader.ts'
import { Writer } from './wire/writer.ts'

export interface RequestHeaderFields {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

/** What frames need to know of an API. */
type Facts = Pick<Api<never, never, never, never>, 'key' | 'name' | 'minVersion' | 'maxVersion' | 'flexibleVersion'>

/** ApiVersions: whoever sends it does not know yet what the other side reads, so its response header is always the oldest. */
const apiVersionsKey = 18

function requestHeaderVersion(api: Facts, version: number): number {
  return version >= api.flexibleVersion ? 2 : 1
}

function responseHeaderVersion(api: Facts, version: number): number {
  return version >= api.flexibleVersion && api.key !== apiVersionsKey ? 1 : 0
}

/**
 * A request with its size, as chunks for a socket. Throws `UnsupportedVersionError` for a version that the API does not have, and what
 * encoding the message throws.
 */
export function encodeRequestFrame<Input>(
  api: Facts & Pick<Api<unknown, Input, unknown, unknown>, 'encodeRequest'>,
  version: number,
  correlationId: number,
  clientId: string | null,
  message: Input,
): Uint8Array[] {
  checkVersion(api, version)
  const w = new Writer()
  w.writeInt32(0)
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId }
  encodeRequestHeader(w, header, requestHeaderVersion(api, version))
  api.encodeRequest(w, message, version)
  return finish(w)
}

/**
 * Reads the header of a request, whose size has been taken off; the reader is left at the body. Of an API that this package does not
 * know, only the fields common to all headers are read. Throws `MalformedError`.
 */
export function decodeRequestHeader(r: Reader): RequestHeaderFields {
  const peek = new Reader(r.buffer, r.offset, r.end)
  const api = apiByKey(peek.readInt16())
  const version = peek.readInt16()
  const header = decodeHeader(r, api === undefined ? 1 : requestHeaderVersion(api, version))
  return {
    apiKey: header.requestApiKey,
    apiVersion: header.requestApiVersion,
    correlationId: header.correlationId,
    clientId: header.clientId,
  }
}

/** A response with its size, as chunks for a socket. Throws as `encodeRequestFrame` does. */
export function encodeResponseFrame<Input>(
  api: Facts & Pick<Api<unknown, unknown, unknown, Input>, 'encodeResponse'>,
  version: number,
  correlationId: number,
  message: Input,
): Uint8Array[] {
  checkVersion(api, version)
  const w = new Writer()
  w.writeInt32(0)
  encodeResponseHeader(w, { correlationId }, responseHeaderVersion(api, version))
  api.encodeResponse(w, message, version)
  return finish(w)
}

/** Reads the header of a response, whose size has been taken off, and returns the correlation id. Throws `MalformedError`. */
export function decodeResponseHeader(r: Reader, api: Facts, version: number): number {
  return decodeAnswerHeader(r, responseHeaderVersion(api, version)).correlationId
}

function checkVersion(api: Facts, version: number): void {
  if (version >= api.minVersion && version <= api.maxVersion) return
  throw new UnsupportedVersionError(api.name, version, api.minVersion, api.maxVersion)
}

/** Puts the size into the four bytes kept for it, which are always in the first chunk. */
function finish(w: Writer): Uint8Array[] {
  const size = w.sizeBytes - 4
  const chunks = w.finish()
  const [first] = chunks
  if (first === undefined) throw new RangeError('an empty frame')
  new DataView(first.buffer, first.byteOffset, 4).setInt32(0, size)
  return chunks
}
