/** Reads the batches of a closed segment in slices, so that others get their turn, and no faster than the cleaner may. */

import type { BatchHeader } from '@odradek/protocol'
import { batchCrcIsValid, batchLayout } from '@odradek/protocol'

import { headerAt } from '../batch-scanner.ts'
import type { Log } from '../log.ts'
import type { Segment } from '../segment.ts'
import { CorruptSegmentError } from '../storage-error.ts'

export interface Slices {
  /** Bytes read at a time. */
  readonly bytes: number
  /** Resolves when the next slice of so many bytes may be read; rejects when the cleaning is to end. */
  take(bytes: number): Promise<void>
}

/** False ends the visit. The batch is the visitor's to keep. */
export type SegmentVisitor = (batch: Buffer, header: BatchHeader) => Promise<boolean | undefined>

/** Visits every batch from `position` on. Rejects with CorruptSegmentError at the first that is not sound. */
export async function forEachBatch(log: Log, segment: Segment, position: number, slices: Slices, visit: SegmentVisitor): Promise<void> {
  const path = segment.path('log')
  const { codecs, pool } = log.context
  const end = segment.writtenBytes
  let wanted = slices.bytes
  for (let next = position; next < end; ) {
    const start = next
    const length = Math.min(Math.max(wanted, batchLayout.BATCH_HEADER_BYTES), end - start)
    await slices.take(length)
    const slice = Buffer.allocUnsafeSlow(length)
    if ((await pool.use(path, false, (handle) => handle.read(slice, 0, length, start))) < length) {
      throw new CorruptSegmentError(path, start, 'the file is shorter than what was written')
    }
    wanted = slices.bytes
    while (next - start + batchLayout.BATCH_HEADER_BYTES <= length) {
      const at = next - start
      const header = headerAt(slice, at)
      if (typeof header === 'string') throw new CorruptSegmentError(path, next, header)
      if (next + header.sizeBytes > end) throw new CorruptSegmentError(path, next, 'the last batch is cut short')
      if (at + header.sizeBytes > length) {
        wanted = Math.max(slices.bytes, header.sizeBytes)
        break
      }
      if (!batchCrcIsValid(slice, at, (data) => codecs.crc32c(data))) throw new CorruptSegmentError(path, next, 'wrong CRC')
      if ((await visit(slice.subarray(at, at + header.sizeBytes), header)) === false) return
      next += header.sizeBytes
    }
    if (next === start && start + length === end) throw new CorruptSegmentError(path, start, 'the last batch is cut short')
  }
}
