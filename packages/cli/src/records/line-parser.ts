/** From a line of input to a record, as the options of `produce` have it. */

import type { HeaderInput, ProducerRecord } from '@odradek/client'
import { UsageError } from '../errors.ts'
import { ndjsonToRecord } from './ndjson.ts'

export interface LineOptions {
  readonly topic: string
  readonly ndjson: boolean
  readonly keySeparator: string | undefined
  readonly nullValue: string | undefined
  /** Added to every record, after its own. */
  readonly headers: readonly HeaderInput[]
  readonly partition: number | undefined
}

export type LineRecord = ProducerRecord<Uint8Array | string, Uint8Array | string>

/** The function throws `UsageError` with the reason when a line is not a record. */
export function createLineParser(options: LineOptions): (line: Buffer) => LineRecord {
  return options.ndjson ? (line) => parseNdjson(line, options) : (line) => parsePlain(line, options)
}

function parseNdjson(line: Buffer, options: LineOptions): LineRecord {
  const record = ndjsonToRecord(line.toString('utf8'))
  return {
    topic: options.topic,
    key: record.key ?? null,
    value: record.value ?? null,
    partition: record.partition ?? options.partition,
    timestamp: record.timestamp,
    headers: [...(record.headers ?? []), ...options.headers],
  }
}

function parsePlain(line: Buffer, options: LineOptions): LineRecord {
  const { keySeparator, topic, headers, partition } = options
  if (keySeparator === undefined) return { topic, value: nullable(line, options), headers, partition }
  const at = line.indexOf(keySeparator)
  if (at === -1) throw new UsageError(`no key separator "${keySeparator}"`)
  const value = line.subarray(at + Buffer.byteLength(keySeparator))
  return { topic, key: nullable(line.subarray(0, at), options), value: nullable(value, options), headers, partition }
}

function nullable(bytes: Buffer, options: LineOptions): Buffer | null {
  return options.nullValue !== undefined && bytes.equals(Buffer.from(options.nullValue)) ? null : bytes
}
