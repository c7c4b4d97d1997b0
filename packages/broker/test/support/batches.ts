/** Record batches for tests. */

import type { FetchResponsePartitionData } from '@odradek/protocol'
import { readBatchHeader, readControlRecordType, RecordBatchBuilder, RecordCursor, recordsSection } from '@odradek/protocol'
import { createNodeRuntime } from '@odradek/runtime'

const { codecs } = createNodeRuntime()

export interface BatchOptions {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  /** Of every record. Default: none. */
  readonly key?: string
}

/** An uncompressed batch of these values. */
export function batchOf(values: readonly (string | null)[], { key, ...options }: BatchOptions = {}): Buffer {
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(Date.now(), key ?? null, value)
  return builder.build({ crc32c: (data) => codecs.crc32c(data), ...options })
}

/** The values of all records in a sequence of whole, uncompressed batches, transaction markers left out. */
export function valuesOf(records: Buffer | null): string[] {
  const values: string[] = []
  const cursor = new RecordCursor()
  for (let position = 0; records !== null && position < records.length; ) {
    const header = readBatchHeader(records, position)
    cursor.reset(records, position, header, recordsSection(records, position, header))
    while (cursor.next() && !header.isControl) values.push(cursor.value()?.toString() ?? '')
    position += header.sizeBytes
  }
  return values
}

/** What a consumer makes of a fetch under read_committed: `valuesOf` it without the aborted ones. */
export function committedValuesOf({ records, abortedTransactions }: FetchResponsePartitionData): string[] {
  const values: string[] = []
  const aborted = new Set<number>()
  const cursor = new RecordCursor()
  const ahead = [...(abortedTransactions ?? [])]
  for (let position = 0; records !== null && position < records.length; ) {
    const header = readBatchHeader(records, position)
    while (ahead[0] !== undefined && ahead[0].firstOffset <= header.lastOffset) aborted.add(ahead.shift()?.producerId ?? -1)
    cursor.reset(records, position, header, recordsSection(records, position, header))
    if (header.isControl && cursor.next() && readControlRecordType(cursor.key() ?? Buffer.alloc(0)) === 'ABORT')
      aborted.delete(header.producerId)
    const end = position + header.sizeBytes
    if (!header.isTransactional || !aborted.has(header.producerId)) values.push(...valuesOf(records.subarray(position, end)))
    position = end
  }
  return values
}
