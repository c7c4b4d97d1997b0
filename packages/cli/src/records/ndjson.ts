/**
 * The lossless line format: `{"topic","partition","offset","timestamp","key","value","headers":[[name,value],…]}`.
 * A key or value is a string when it is valid UTF-8, else `{"base64":"…"}`; null is null.
 */

import { isUtf8 } from 'node:buffer'
import { UsageError } from '../errors.ts'

export interface RecordLine {
  readonly key?: Uint8Array | string | null
  readonly value?: Uint8Array | string | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
  readonly partition?: number
  readonly timestamp?: number
}

interface PrintableRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

export function recordToNdjson(record: PrintableRecord): string {
  return JSON.stringify({
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    key: bytesToJson(record.key),
    value: bytesToJson(record.value),
    headers: record.headers.map((header) => [header.key, bytesToJson(header.value)]),
  })
}

export function bytesToJson(bytes: Uint8Array | null): string | { base64: string } | null {
  if (bytes === null) return null
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? buffer.toString('utf8') : { base64: buffer.toString('base64') }
}

/** Throws `UsageError` with the reason when the line is not a record; unknown fields other than those that consume writes are refused. */
export function ndjsonToRecord(line: string): RecordLine {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (error) {
    throw new UsageError(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!isObject(parsed)) throw new UsageError('not a JSON object with key, value, headers, partition or timestamp')
  const unknown = Object.keys(parsed).find((name) => !fieldNames.has(name))
  if (unknown !== undefined) throw new UsageError(`unknown field "${unknown}"; a record has ${[...fieldNames].join(', ')}`)
  return {
    ...(parsed['key'] === undefined ? {} : { key: jsonToBytes(parsed['key'], 'key') }),
    ...(parsed['value'] === undefined ? {} : { value: jsonToBytes(parsed['value'], 'value') }),
    ...(parsed['headers'] === undefined ? {} : { headers: jsonToHeaders(parsed['headers']) }),
    ...(parsed['partition'] === undefined ? {} : { partition: wholeNumber(parsed['partition'], 'partition') }),
    ...(parsed['timestamp'] === undefined ? {} : { timestamp: wholeNumber(parsed['timestamp'], 'timestamp') }),
  }
}

// topic and offset are written by consume and ignored on the way in, so that one can be piped into the other.
const fieldNames = new Set(['topic', 'partition', 'offset', 'timestamp', 'key', 'value', 'headers'])

function jsonToBytes(value: unknown, name: string): Uint8Array | string | null {
  if (value === null || typeof value === 'string') return value
  if (isObject(value) && typeof value['base64'] === 'string' && Object.keys(value).length === 1) {
    const bytes = Buffer.from(value['base64'], 'base64')
    if (bytes.toString('base64').replace(/=+$/, '') !== value['base64'].replace(/=+$/, ''))
      throw new UsageError(`${name} is not valid base64`)
    return bytes
  }
  return JSON.stringify(value)
}

function jsonToHeaders(value: unknown): { key: string; value: Uint8Array | null }[] {
  if (!Array.isArray(value)) throw new UsageError('headers is not an array of [name, value] pairs')
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
      throw new UsageError('a header is not a [name, value] pair')
    const bytes = jsonToBytes(pair[1], `header "${pair[0]}"`)
    return { key: pair[0], value: typeof bytes === 'string' ? Buffer.from(bytes) : bytes }
  })
}

function wholeNumber(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new UsageError(`${name} is not a whole number`)
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
