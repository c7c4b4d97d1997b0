/** Holds the offset and time index of a segment against its batches, as they come by in order. */

import type { BatchHeader } from '@odradek/protocol'
import type { Files } from '@odradek/runtime'

import { segmentFileName } from './file-names.ts'
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import { TIME_INDEX_ENTRY_BYTES, TimeIndex } from './time-index.ts'

export interface IndexMismatch {
  readonly file: string
  /** Of the entry. */
  readonly position: number | undefined
  readonly reason: string
}

/** Of each index; the rest is not worth reading. */
const MAX_MISMATCHES = 20

export class IndexInspection {
  readonly #baseOffset: number
  readonly #offset: OffsetIndex | undefined
  readonly #time: TimeIndex | undefined
  readonly #mismatches: IndexMismatch[] = []
  #offsetAt = 0
  #timeAt = 0

  private constructor(baseOffset: number, offset: OffsetIndex | undefined, time: TimeIndex | undefined) {
    this.#baseOffset = baseOffset
    this.#offset = offset
    this.#time = time
  }

  /** An index that is missing is rebuilt by the broker, and so no mismatch. */
  static async open(files: Files, directory: string, baseOffset: number, logBytes: number): Promise<IndexInspection> {
    const read = async (suffix: 'index' | 'timeindex', entryBytes: number): Promise<Buffer | undefined> => {
      const path = `${directory}/${segmentFileName(baseOffset, suffix)}`
      return (await files.stat(path)) === undefined ? undefined : withoutPreallocation(await files.readFile(path), entryBytes)
    }
    const offsetData = await read('index', OFFSET_INDEX_ENTRY_BYTES)
    const timeData = await read('timeindex', TIME_INDEX_ENTRY_BYTES)
    const offset = offsetData && OffsetIndex.decode(baseOffset, offsetData, logBytes)
    const time = timeData && TimeIndex.decode(baseOffset, timeData)
    const inspection = new IndexInspection(baseOffset, offset, time)
    const reason = 'its entries are not in order, or beyond the end of the segment'
    if (offsetData !== undefined && offset === undefined) inspection.#add('index', undefined, reason)
    if (timeData !== undefined && time === undefined) inspection.#add('timeindex', undefined, reason)
    return inspection
  }

  /** The next batch of the segment. */
  note(header: BatchHeader, position: number): void {
    this.#noteOffset(header, position)
    this.#noteTime(header)
  }

  /** No batch is left. */
  finish(): readonly IndexMismatch[] {
    const atOffset = this.#offset?.entries ?? 0
    if (this.#offsetAt < atOffset) this.#add('index', this.#offsetAt * OFFSET_INDEX_ENTRY_BYTES, 'points to no batch')
    const atTime = this.#time?.entries ?? 0
    if (this.#timeAt < atTime) this.#add('timeindex', this.#timeAt * TIME_INDEX_ENTRY_BYTES, 'points to no batch')
    return this.#mismatches
  }

  #noteOffset(header: BatchHeader, position: number): void {
    const index = this.#offset
    if (index === undefined) return
    for (; this.#offsetAt < index.entries && index.positionAt(this.#offsetAt) <= position; this.#offsetAt++) {
      const [offset, points] = [index.offsetAt(this.#offsetAt), index.positionAt(this.#offsetAt)]
      const at = this.#offsetAt * OFFSET_INDEX_ENTRY_BYTES
      if (points < position) this.#add('index', at, `offset ${offset} points to byte ${points}, where no batch starts`)
      else if (offset !== header.lastOffset) {
        this.#add('index', at, `offset ${offset} points to the batch that ends with offset ${header.lastOffset}`)
      }
    }
  }

  #noteTime(header: BatchHeader): void {
    const index = this.#time
    if (index === undefined) return
    for (; this.#timeAt < index.entries && index.offsetAt(this.#timeAt) <= header.lastOffset; this.#timeAt++) {
      const [offset, timestamp] = [index.offsetAt(this.#timeAt), index.timestampAt(this.#timeAt)]
      if (timestamp === header.maxTimestamp && offset >= header.baseOffset) continue
      const found = `the batch at offset ${header.baseOffset} has ${header.maxTimestamp}`
      this.#add('timeindex', this.#timeAt * TIME_INDEX_ENTRY_BYTES, `timestamp ${timestamp} at offset ${offset}, where ${found}`)
    }
  }

  #add(suffix: 'index' | 'timeindex', position: number | undefined, reason: string): void {
    const file = segmentFileName(this.#baseOffset, suffix)
    if (this.#mismatches.filter((known) => known.file === file).length < MAX_MISMATCHES) this.#mismatches.push({ file, position, reason })
  }
}

/** Apache Kafka keeps the indexes of the segment that it writes to at their full size, zeros after the last entry. */
function withoutPreallocation(data: Buffer, entryBytes: number): Buffer {
  let end = data.length
  while (end >= entryBytes && data.subarray(end - entryBytes, end).every((byte) => byte === 0)) end -= entryBytes
  return data.subarray(0, end)
}
