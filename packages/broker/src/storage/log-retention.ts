/** Deletes whole old segments: by time, by size, and below the log's start. */

import { fileSuffixes } from './file-names.ts'
import type { Log } from './log.ts'
import { retireFiles } from './retired-files.ts'
import type { Segment } from './segment.ts'

/** Returns how many segments went. Files are renamed at once and removed after `file.delete.delay.ms`. */
export async function deleteOldSegments(log: Log, nowMs: number): Promise<number> {
  let deletable = leading(log, (_segment, next) => next !== undefined && next.baseOffset <= log.logStartOffset)
  if (log.config.cleanupDelete) deletable = Math.max(deletable, bySize(log), await byTime(log, nowMs))
  if (deletable === 0) return 0
  if (deletable === log.segments.length) {
    // One segment must stay, and an empty one is as good as new.
    if (log.failure !== undefined || log.roll() === log.segments[deletable - 1]) deletable--
  }
  const removed = log.removeSegments(deletable)
  for (const segment of removed) await retire(log, segment)
  return removed.length
}

/** How many segments from the front on satisfy `isDeletable`, among those wholly below the written end. */
function leading(log: Log, isDeletable: (segment: Segment, next: Segment | undefined) => boolean): number {
  let count = 0
  for (const segment of log.segments) {
    const next = log.segments[count + 1]
    const upperBound = next?.baseOffset ?? log.nextOffset
    if (upperBound > log.writtenOffset || !isDeletable(segment, next) || (next === undefined && segment.sizeBytes === 0)) break
    count++
  }
  return count
}

function bySize(log: Log): number {
  let excess = log.config.retentionBytes < 0 ? 0 : log.sizeBytes - log.config.retentionBytes
  if (excess <= 0) return 0
  return leading(log, ({ sizeBytes }) => {
    excess -= sizeBytes
    return excess >= 0
  })
}

async function byTime(log: Log, nowMs: number): Promise<number> {
  if (log.config.retentionMs < 0) return 0
  const expired = new Set<Segment>()
  for (const segment of log.segments.slice()) {
    if (nowMs - (await newestMs(log, segment)) <= log.config.retentionMs) break
    expired.add(segment)
  }
  return leading(log, (segment) => expired.has(segment))
}

/** The largest timestamp in the segment, or its file's age where no batch has one. */
export async function newestMs(log: Log, segment: Segment): Promise<number> {
  if (segment.maxTimestamp === undefined) await log.ensureIndexes(segment)
  return segment.maxTimestamp === undefined || segment.maxTimestamp < 0 ? segment.createdMs : segment.maxTimestamp
}

async function retire(log: Log, segment: Segment): Promise<void> {
  const paths = [...fileSuffixes, 'snapshot' as const].map((suffix) => segment.path(suffix))
  await log.context.pool.whileClosed(paths, () => retireFiles(log, paths))
  log.context.logger.info(`${segment.path('log')}: deleted by retention`)
}
