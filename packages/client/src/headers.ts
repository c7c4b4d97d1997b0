/** Record headers, in and out: ordered, duplicates kept. */

import type { RecordHeader } from '@odradek/protocol'

export interface HeaderInput {
  readonly key: string
  readonly value: Uint8Array | string | null
}

/** A list keeps order and duplicates; an object is a convenience for distinct names. */
export type HeadersInput = readonly HeaderInput[] | Readonly<Record<string, Uint8Array | string | null>>

/** As they are written. Throws TypeError with the name of the header that cannot be. */
export function toRecordHeaders(headers: HeadersInput): readonly RecordHeader[] {
  return headerList(headers).map(({ key, value }) => {
    if (typeof key !== 'string') throw new TypeError(`The name of a header must be a string, not ${describe(key)}`)
    return { key, value: toBytes(key, value) }
  })
}

/** A list of one's own, whichever form they have. Throws TypeError when it is neither. */
export function headerList(headers: HeadersInput): HeaderInput[] {
  if (Array.isArray(headers)) return [...(headers as readonly HeaderInput[])]
  if (!areHeaders(headers)) throw new TypeError(`The headers must be a list of { key, value } or an object, not ${describe(headers)}`)
  return Object.entries(headers as Exclude<HeadersInput, readonly HeaderInput[]>).map(([key, value]) => ({ key, value }))
}

/** False for a Map, say, which has no properties: what is in it would be lost without a word. */
export function areHeaders(headers: unknown): boolean {
  return Array.isArray(headers) || (typeof headers === 'object' && headers !== null && !(Symbol.iterator in headers))
}

function toBytes(key: string, value: unknown): Uint8Array | null {
  if (typeof value === 'string') return Buffer.from(value)
  if (value === null || value instanceof Uint8Array) return value
  throw new TypeError(`The value of the header '${key}' must be a string, bytes or null, not ${describe(value)}`)
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return value.constructor?.name === undefined ? 'an object' : `a ${value.constructor.name}`
  return typeof value === 'bigint' || typeof value === 'symbol' ? `a ${typeof value}` : String(value)
}
