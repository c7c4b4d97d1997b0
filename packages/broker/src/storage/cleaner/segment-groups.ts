/** Which adjoining segments are cleaned into one: as many as fit a segment by their size before. */

import type { LogConfig } from '../log-config.ts'
import { OFFSET_INDEX_ENTRY_BYTES } from '../offset-index.ts'
import type { Segment, SegmentIndexes } from '../segment.ts'
import { TIME_INDEX_ENTRY_BYTES } from '../time-index.ts'

/** Offsets are 31 bits relative to their segment's first. */
const MAX_RELATIVE_OFFSET = 2_147_483_647

export interface MeasuredSegment {
  readonly segment: Segment
  readonly indexes: SegmentIndexes
}

/** `endOffset` is where the last segment ends. */
export function groupSegments(
  measured: readonly MeasuredSegment[],
  { segmentBytes, segmentIndexBytes }: Pick<LogConfig, 'segmentBytes' | 'segmentIndexBytes'>,
  endOffset: number,
): Segment[][] {
  const groups: Segment[][] = []
  let room = { bytes: 0, offsetBytes: 0, timeBytes: 0 }
  measured.forEach(({ segment, indexes }, at) => {
    const offsetBytes = indexes.offset.entries * OFFSET_INDEX_ENTRY_BYTES
    const timeBytes = indexes.time.entries * TIME_INDEX_ENTRY_BYTES
    const group = groups.at(-1)
    const lastOffset = (measured[at + 1]?.segment.baseOffset ?? endOffset) - 1
    const isNear = segment.sizeBytes === 0 || lastOffset - (group?.[0]?.baseOffset ?? 0) <= MAX_RELATIVE_OFFSET
    if (
      group !== undefined &&
      isNear &&
      segment.sizeBytes <= room.bytes &&
      offsetBytes <= room.offsetBytes &&
      timeBytes <= room.timeBytes
    ) {
      group.push(segment)
    } else {
      groups.push([segment])
      room = { bytes: segmentBytes, offsetBytes: segmentIndexBytes, timeBytes: segmentIndexBytes }
    }
    room.bytes -= segment.sizeBytes
    room.offsetBytes -= offsetBytes
    room.timeBytes -= timeBytes
  })
  return groups
}
