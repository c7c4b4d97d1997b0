/** Finds offsets by time: the first record at or after a timestamp, and the record with the largest one. */

import type { BatchHeader } from '@odradek/protocol'
import { RecordCursor, recordsSection } from '@odradek/protocol'

import { walkBatches } from './batch-scanner.ts'
import { overCurrentSegments } from './current-segments.ts'
import type { Log } from './log.ts'
import type { Segment } from './segment.ts'
import { CorruptSegmentError } from './storage-error.ts'

export interface FoundTimestamp {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** A batch copied out of its file, to look at its records. */
interface Candidate {
  readonly header: BatchHeader
  readonly batch: Buffer
}

/** Inflates the records section of a batch (shared when it is not compressed). */
export type Inflate = (header: BatchHeader, section: Buffer) => Promise<Buffer>

/** The first record at or after `startOffset` whose timestamp is at least `timestamp`. Looks at what is written. */
export async function findByTimestamp(
  log: Log,
  timestamp: number,
  startOffset: number,
  inflate: Inflate,
): Promise<FoundTimestamp | undefined> {
  return await overCurrentSegments(log, startOffset, (segments) => findAmong(segments, log, timestamp, startOffset, inflate))
}

async function findAmong(
  segments: readonly Segment[],
  log: Log,
  timestamp: number,
  startOffset: number,
  inflate: Inflate,
): Promise<FoundTimestamp | undefined> {
  for (const segment of segments) {
    const { offset, time } = await log.ensureIndexes(segment)
    if ((segment.maxTimestamp ?? -1) < timestamp) continue
    let position = offset.positionFor(Math.max(time.offsetFor(timestamp - 1), startOffset))
    for (;;) {
      const found = await firstBatch(
        log,
        segment,
        position,
        (header) => header.maxTimestamp >= timestamp && header.lastOffset >= startOffset,
      )
      if (found === undefined) break
      const record = await firstRecord(found, inflate, (cursor) => cursor.timestampMs >= timestamp && cursor.offset >= startOffset)
      if (record !== undefined) return record
      position = found.endPosition
    }
  }
  return undefined
}

/** The first record with the largest timestamp in the log; the last of its batch where the broker stamps it. Undefined without any timestamp. */
export async function findMaxTimestamp(log: Log, inflate: Inflate): Promise<FoundTimestamp | undefined> {
  return await overCurrentSegments(log, log.logStartOffset, (segments) => maxAmong(segments, log, inflate))
}

async function maxAmong(segments: readonly Segment[], log: Log, inflate: Inflate): Promise<FoundTimestamp | undefined> {
  let best: Segment | undefined
  for (const segment of segments) {
    await log.ensureIndexes(segment)
    if ((segment.maxTimestamp ?? -1) > (best?.maxTimestamp ?? -1)) best = segment
  }
  if (best === undefined) return undefined
  const { offset } = await log.ensureIndexes(best)
  const { maxTimestamp } = best
  const found = await firstBatch(log, best, offset.positionFor(best.offsetOfMaxTimestamp), (header) => header.maxTimestamp === maxTimestamp)
  if (found === undefined) return undefined
  const { header } = found
  if (header.timestampType === 'LogAppendTime') {
    return { offset: header.lastOffset, timestamp: header.maxTimestamp, leaderEpoch: header.partitionLeaderEpoch }
  }
  return await firstRecord(found, inflate, (cursor) => cursor.timestampMs === maxTimestamp)
}

async function firstBatch(
  log: Log,
  segment: Segment,
  position: number,
  matches: (header: BatchHeader) => boolean,
): Promise<(Candidate & { endPosition: number }) | undefined> {
  const path = segment.path('log')
  let found: (Candidate & { endPosition: number }) | undefined
  if (position >= segment.writtenBytes) return undefined
  await log.context.pool.use(path, false, async (handle) => {
    if (segment.isDeleted) throw new CorruptSegmentError(path, position, 'it is no longer part of the log')
    await walkBatches(handle, path, position, segment.writtenBytes, ({ header, buffer, at, position: start }) => {
      if (!matches(header)) return true
      const batch = Buffer.from(buffer.subarray(at, at + header.sizeBytes))
      found = { header, batch, endPosition: start + header.sizeBytes }
      return false
    })
  })
  return found
}

async function firstRecord(
  { header, batch }: Candidate,
  inflate: Inflate,
  matches: (cursor: RecordCursor) => boolean,
): Promise<FoundTimestamp | undefined> {
  const records = await inflate(header, recordsSection(batch, 0, header))
  const cursor = new RecordCursor()
  cursor.reset(batch, 0, header, records)
  while (cursor.next()) {
    if (matches(cursor)) return { offset: cursor.offset, timestamp: cursor.timestampMs, leaderEpoch: header.partitionLeaderEpoch }
  }
  return undefined
}
