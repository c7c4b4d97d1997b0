/** Work over a log's segments that holds when some of them are replaced or deleted meanwhile. */

import type { Log } from './log.ts'
import type { Segment } from './segment.ts'

/** Runs `work` over the segments as they are, from the one that holds `offset` on; and again when one of them has gone before it was done. */
export async function overCurrentSegments<T>(log: Log, offset: number, work: (segments: readonly Segment[]) => Promise<T>): Promise<T> {
  for (;;) {
    const first = log.segmentFor(offset)
    const segments = log.segments.slice(first === undefined ? 0 : log.segments.indexOf(first))
    try {
      const result = await work(segments)
      if (!segments.some(({ isDeleted }) => isDeleted)) return result
    } catch (error) {
      if (!segments.some(({ isDeleted }) => isDeleted)) throw error
    }
  }
}
