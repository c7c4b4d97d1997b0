/** The batches that WriteRecords.java made, and what it put into them. */

import { readFile } from 'node:fs/promises'
import type { RecordBatchBuilder, RecordHeader } from '@odradek/protocol'
import { RecordCursor, readBatchHeader, recordsSection } from '@odradek/protocol'
import type { Runtime } from '@odradek/runtime'
import { createNodeRuntime } from '@odradek/runtime'

export const runtime: Runtime = createNodeRuntime()
export const crc32c = (data: Uint8Array): number => runtime.codecs.crc32c(data)

export interface PlainRecord {
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: RecordHeader[]
}

const TIME = 1_700_000_000_000

function record(timestampMs: number, key: string | null, value: string | Buffer | null, headers: RecordHeader[] = []): PlainRecord {
  return { timestampMs, key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value), headers }
}

export const variedRecords: readonly PlainRecord[] = [
  record(TIME, 'key', 'value'),
  record(TIME + 1, null, 'no key'),
  record(TIME - 1, 'tombstone', null),
  record(TIME + 100_000_000_000, null, null),
  record(TIME, '', ''),
  record(TIME, 'grüße € 🚀', '日本'),
  record(TIME, 'headers', 'v', [
    { key: 'twice', value: Buffer.from('1') },
    { key: 'null', value: null },
    { key: 'twice', value: Buffer.from('2') },
    { key: '', value: Buffer.alloc(0) },
    { key: 'ü', value: Buffer.from([0, 255]) },
  ]),
  record(0, 'epoch', Buffer.alloc(200)),
]

export const manyRecords: readonly PlainRecord[] = Array.from({ length: 700 }, (_, i) =>
  record(TIME + i, `key-${i % 7}`, `{"id":${i},"name":"user ${(i * 31) % 97}","text":"${'lorem ipsum '.repeat(i % 9)}"}`),
)

export function readGolden(name: string): Promise<Buffer> {
  return readFile(new URL(`../../../golden/records/${name}.bin`, import.meta.url))
}

export function fill(builder: RecordBatchBuilder, records: readonly PlainRecord[]): RecordBatchBuilder {
  for (const { timestampMs, key, value, headers } of records) builder.append(timestampMs, key, value, headers)
  return builder
}

/** Every record of a batch, inflated when need be. */
export async function readRecords(batch: Buffer): Promise<PlainRecord[]> {
  const header = readBatchHeader(batch, 0)
  const section = recordsSection(batch, 0, header)
  const records = header.compression === 'none' ? section : await inflate(header.compression, section)
  const cursor = new RecordCursor()
  cursor.reset(batch, 0, header, records)
  const read: PlainRecord[] = []
  while (cursor.next()) read.push({ timestampMs: cursor.timestampMs, key: cursor.key(), value: cursor.value(), headers: cursor.headers() })
  return read
}

async function inflate(codec: 'gzip' | 'snappy' | 'lz4' | 'zstd', section: Buffer): Promise<Buffer> {
  const loaded = await runtime.codecs.load(codec)
  return Buffer.from(loaded.decompress(section, 1_000_000))
}
