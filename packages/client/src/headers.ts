/** Record headers, in and out: ordered, duplicates kept. */

import type { RecordHeader } from '@odradek/protocol'

export interface HeaderInput {
  readonly key: string
  readonly value: Uint8Array | string | null
}

/** A list keeps order and duplicates; an object is a convenience for distinct names. */
export type HeadersInput = readonly HeaderInput[] | Readonly<Record<string, Uint8Array | string | null>>

function toBytes(value: Uint8Array | string | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value
}

export function toRecordHeaders(headers: HeadersInput): readonly RecordHeader[] {
  if (Array.isArray(headers)) return (headers as readonly HeaderInput[]).map(({ key, value }) => ({ key, value: toBytes(value) }))
  return Object.entries(headers as Readonly<Record<string, Uint8Array | string | null>>).map(([key, value]) => ({
    key,
    value: toBytes(value),
  }))
}
