/** Whether a log is worth cleaning, and which part of it may be: whole closed segments, stable, synced and old enough. */

import { batchLayout } from '@odradek/protocol'

import { headerAt } from '../batch-scanner.ts'
import { newestMs } from '../log-retention.ts'
import type { Log } from '../log.ts'
import type { Segment } from '../segment.ts'

export interface Cleanable {
  readonly log: Log
  /** Everything below was cleaned before. */
  readonly firstDirtyOffset: number
  /** Where a segment starts, from which on nothing may be cleaned. */
  readonly firstUncleanableOffset: number
  /** Bytes that would be cleaned for the first time. */
  readonly cleanableBytes: number
  /** Their share of all that would be read, 0 to 1. */
  readonly dirtyRatio: number
  /** Something is older than `max.compaction.lag.ms`. */
  readonly isOverdue: boolean
}

/** `lastCleanOffset` is the checkpoint's. */
export async function cleanableOf(log: Log, lastCleanOffset: number | undefined, nowMs: number): Promise<Cleanable> {
  const { segments, logStartOffset } = log
  const isSound = lastCleanOffset !== undefined && lastCleanOffset >= logStartOffset && lastCleanOffset <= log.nextOffset
  const firstDirtyOffset = isSound ? lastCleanOffset : logStartOffset
  const firstUncleanableOffset = await firstUncleanable(log, firstDirtyOffset, nowMs)
  let cleanBytes = 0
  let cleanableBytes = 0
  for (const [at, { baseOffset, sizeBytes }] of segments.entries()) {
    if (baseOffset >= firstUncleanableOffset) break
    const isClean = (segments[at + 1]?.baseOffset ?? log.nextOffset) <= firstDirtyOffset
    if (isClean) cleanBytes += sizeBytes
    else cleanableBytes += sizeBytes
  }
  const total = cleanBytes + cleanableBytes
  return {
    log,
    firstDirtyOffset: Math.min(firstDirtyOffset, firstUncleanableOffset),
    firstUncleanableOffset,
    cleanableBytes,
    dirtyRatio: total === 0 ? 0 : cleanableBytes / total,
    isOverdue: await isOverdue(log, firstDirtyOffset, nowMs),
  }
}

export function isWorthCleaning({ log, cleanableBytes, dirtyRatio, isOverdue }: Cleanable): boolean {
  return cleanableBytes > 0 && (isOverdue || dirtyRatio > log.config.minCleanableDirtyRatio)
}

async function firstUncleanable(log: Log, firstDirtyOffset: number, nowMs: number): Promise<number> {
  const stable = Math.min(log.producers.firstUnstableOffset, log.writtenOffset, log.recoveryPoint, log.activeSegment.baseOffset)
  let limit = log.segmentFor(stable)?.baseOffset ?? log.logStartOffset
  const { minCompactionLagMs } = log.config
  if (minCompactionLagMs <= 0) return limit
  for (const segment of dirtySegments(log, firstDirtyOffset)) {
    if (segment.baseOffset >= limit) break
    if ((await newestMs(log, segment)) > nowMs - minCompactionLagMs) limit = segment.baseOffset
  }
  return limit
}

async function isOverdue(log: Log, firstDirtyOffset: number, nowMs: number): Promise<boolean> {
  const untilMs = nowMs - log.config.maxCompactionLagMs
  if (untilMs <= 0) return false
  for (const segment of dirtySegments(log, firstDirtyOffset)) {
    const firstMs = await firstTimestamp(log, segment)
    if (firstMs > 0 && firstMs < untilMs) return true
  }
  return false
}

/** The closed segments that hold something at or after the offset. */
function dirtySegments(log: Log, firstDirtyOffset: number): Segment[] {
  const { segments } = log
  return segments.filter((_segment, at) => at < segments.length - 1 && (segments[at + 1] as Segment).baseOffset > firstDirtyOffset)
}

async function firstTimestamp(log: Log, segment: Segment): Promise<number> {
  if (segment.firstTimestamp !== undefined) return segment.firstTimestamp
  if (segment.writtenBytes < batchLayout.BATCH_HEADER_BYTES) return -1
  const buffer = Buffer.alloc(batchLayout.BATCH_HEADER_BYTES)
  await log.context.pool.use(segment.path('log'), false, (handle) => handle.read(buffer, 0, buffer.length, 0))
  const header = headerAt(buffer, 0)
  if (typeof header === 'string') return -1
  segment.firstTimestamp = header.maxTimestamp
  return header.maxTimestamp
}
