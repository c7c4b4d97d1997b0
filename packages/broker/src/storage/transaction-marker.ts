/** Reads the transaction marker out of a control batch. */

import type { BatchHeader, EndTransactionMarker } from '@odradek/protocol'
import { MalformedError, readEndTransactionMarker, RecordCursor, recordsSection } from '@odradek/protocol'

const cursor: RecordCursor = new RecordCursor()

/** Undefined for control batches that end no transaction. `position` is the batch's in `buffer`. */
export function transactionMarkerOf(buffer: Buffer, position: number, header: BatchHeader): EndTransactionMarker | undefined {
  if (!header.isControl || header.recordCount === 0 || header.compression !== 'none') return undefined
  try {
    cursor.reset(buffer, position, header, recordsSection(buffer, position, header))
    return cursor.next() ? readEndTransactionMarker(cursor.key(), cursor.value()) : undefined
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}
