/** Shared by the tests of record batches: a CRC-32C of their own, batches in one call, and every record of a batch as objects. */

import type { BuildOptions, RecordBytes, RecordHeader } from '../../src/index.ts'
import { RecordBatchBuilder, RecordCursor, readBatchHeader, recordsSection } from '../../src/index.ts'

const table = new Int32Array(256).map((_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  return c
})

export function crc32c(data: Uint8Array): number {
  let crc = -1
  for (const byte of data) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number)
  return (crc ^ -1) >>> 0
}

export interface PlainRecord {
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: RecordHeader[]
}

export interface InputRecord {
  timestampMs: number
  key: RecordBytes
  value: RecordBytes
  headers?: RecordHeader[]
}

export function buildBatch(records: readonly InputRecord[], options: Partial<BuildOptions> = {}, initialBytes?: number): Buffer {
  const builder = new RecordBatchBuilder(initialBytes)
  for (const record of records) builder.append(record.timestampMs, record.key, record.value, record.headers)
  return builder.build({ crc32c, ...options })
}

/** Every record; the section is inflated by `inflate` when the batch is compressed. */
export function readBatch(batch: Buffer, position = 0, inflate: (section: Buffer) => Buffer = (section) => section): PlainRecord[] {
  const header = readBatchHeader(batch, position)
  const cursor = new RecordCursor()
  cursor.reset(batch, position, header, inflate(recordsSection(batch, position, header)))
  const records: PlainRecord[] = []
  while (cursor.next()) {
    const { offset, timestampMs } = cursor
    records.push({ offset, timestampMs, key: cursor.key(), value: cursor.value(), headers: cursor.headers() })
  }
  return records
}
