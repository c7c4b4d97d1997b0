/** Walks the batches of a log file from a position, a bounded chunk in memory at a time: recovery, index rebuilding, replay, lookups. */

import type { BatchHeader } from '@odradek/protocol'
import { batchLayout, MalformedError, readBatchHeader, UnsupportedMagicError } from '@odradek/protocol'
import type { FileHandle } from '@odradek/runtime'

import { CorruptSegmentError } from './storage-error.ts'

const CHUNK_BYTES = 1_048_576

/** A whole batch in memory. `buffer` is reused for the next ones: copy what is kept. */
export interface ScannedBatch {
  readonly header: BatchHeader
  readonly buffer: Buffer
  /** Where the batch starts in `buffer`. */
  readonly at: number
  /** Where it starts in the file. */
  readonly position: number
}

export interface ScanEnd {
  /** Just after the last batch that was whole and well-formed (and not refused). */
  readonly position: number
  /** Why the scan ended before `end`; undefined when it reached it or the visitor stopped it. */
  readonly defect: string | undefined
}

/** False stops the scan after this batch; a string refuses the batch as defective. */
export type BatchVisitor = (batch: ScannedBatch) => boolean | string | undefined

export async function scanBatches(handle: FileHandle, start: number, end: number, visit: BatchVisitor): Promise<ScanEnd> {
  let buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(end - start, 1)))
  let position = start
  while (position < end) {
    const filled = await handle.read(buffer, 0, Math.min(buffer.length, end - position), position)
    const chunk = buffer.subarray(0, filled)
    let at = 0
    let wanted = batchLayout.BATCH_HEADER_BYTES
    while (at + batchLayout.BATCH_HEADER_BYTES <= filled) {
      const header = headerAt(chunk, at)
      if (typeof header === 'string') return { position: position + at, defect: header }
      if (position + at + header.sizeBytes > end) return { position: position + at, defect: 'the last batch is cut short' }
      wanted = header.sizeBytes
      if (at + header.sizeBytes > filled) break
      const verdict = visit({ header, buffer: chunk, at, position: position + at })
      if (typeof verdict === 'string') return { position: position + at, defect: verdict }
      at += header.sizeBytes
      if (verdict === false) return { position: position + at, defect: undefined }
    }
    position += at
    if (position >= end) break
    if (at === 0 && filled < Math.min(buffer.length, end - position)) return { position, defect: 'the file is shorter than expected' }
    if (at === 0 && end - position < batchLayout.BATCH_HEADER_BYTES) return { position, defect: 'the last batch is cut short' }
    if (wanted > buffer.length) buffer = Buffer.allocUnsafe(wanted)
  }
  return { position, defect: undefined }
}

/** As `scanBatches` over a stretch that is known to hold whole batches. Throws CorruptSegmentError when it does not. */
export async function walkBatches(handle: FileHandle, path: string, start: number, end: number, visit: BatchVisitor): Promise<void> {
  const { position, defect } = await scanBatches(handle, start, end, visit)
  if (defect !== undefined) throw new CorruptSegmentError(path, position, defect)
}

/** The header, or what is wrong with it. */
export function headerAt(buffer: Buffer, at: number): BatchHeader | string {
  try {
    return readBatchHeader(buffer, at)
  } catch (error) {
    if (error instanceof MalformedError || error instanceof UnsupportedMagicError) return error.message
    throw error
  }
}
