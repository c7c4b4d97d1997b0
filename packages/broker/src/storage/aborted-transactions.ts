/** Which aborted transactions a reader of a stretch of a log must leave out. */

import { overCurrentSegments } from './current-segments.ts'
import type { Log } from './log.ts'
import type { AbortedTransactionEntry } from './transaction-index.ts'

/** The aborted transactions that overlap [offset, upperBound), by first offset. */
export async function abortedTransactions(log: Log, offset: number, upperBound: number): Promise<AbortedTransactionEntry[]> {
  return await overCurrentSegments(log, offset, async (segments) => {
    const found: AbortedTransactionEntry[] = []
    for (const segment of segments) {
      if (!segment.mayHaveAborted) continue
      const { transaction } = await log.ensureIndexes(segment)
      if (!transaction.collect(offset, upperBound, found)) break
    }
    return found.sort((left, right) => left.firstOffset - right.firstOffset)
  })
}
