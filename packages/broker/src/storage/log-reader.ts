/** Reads whole batches of a log: the tail from memory, older ones with one file read. */

import { batchCrcIsValid, batchLayout } from '@odradek/protocol'
import type { FileHandle } from '@odradek/runtime'

import { headerAt } from './batch-scanner.ts'
import type { Log } from './log.ts'
import { rebuildIndexes } from './segment-indexes.ts'
import type { Segment } from './segment.ts'
import { CorruptSegmentError } from './storage-error.ts'

/** One read takes no more from the disk, except to complete a first batch that is larger. */
const MAX_READ_BYTES = 4_194_304
const MAX_READ_HINTS = 64
/** Cached batches smaller than this on average are joined: one write of many small buffers costs more than the copy. */
const MIN_CHUNK_BYTES = 4096
const MIN_CHUNKS_TO_JOIN = 8

export interface LogRead {
  /** Whole batches, adjoining ones together. Not to be modified. */
  readonly chunks: readonly Buffer[]
  readonly sizeBytes: number
  /** After the last batch; the offset asked for when there is none. */
  readonly nextOffset: number
}

export interface LogReadOptions {
  readonly offset: number
  readonly maxBytes: number
  /** Batches that start here or later are left out. At most the written offset. */
  readonly upperBound: number
  readonly minOneBatch: boolean
}

/** The offset must not lie below the log's start. Rejects with StorageError (CorruptSegmentError for damaged batches). */
export async function readLog(log: Log, options: LogReadOptions): Promise<LogRead> {
  const { offset, maxBytes, upperBound, minOneBatch } = options
  const empty = { chunks: [], sizeBytes: 0, nextOffset: offset }
  if (offset >= upperBound || (maxBytes <= 0 && !minOneBatch)) return empty
  const cached = log.cache.read(offset, maxBytes, upperBound, minOneBatch)
  if (cached !== undefined) {
    const isSplintered = cached.chunks.length >= MIN_CHUNKS_TO_JOIN && cached.sizeBytes < cached.chunks.length * MIN_CHUNK_BYTES
    return isSplintered ? { ...cached, chunks: [Buffer.concat(cached.chunks)] } : cached
  }
  const first = log.segmentFor(offset)
  for (const segment of log.segments.slice(first === undefined ? 0 : log.segments.indexOf(first))) {
    try {
      const found = await readSegment(log, segment, options)
      if (found !== undefined) return found
      if (!segment.isDeleted) continue
    } catch (error) {
      if (!segment.isDeleted || offset < log.logStartOffset) throw error
    }
    // A cleaned segment has taken its place meanwhile.
    return await readLog(log, options)
  }
  return empty
}

/** Undefined when the segment holds nothing at or after the offset: the next one does. */
async function readSegment(log: Log, segment: Segment, options: LogReadOptions): Promise<LogRead | undefined> {
  const hint = log.readHints.get(options.offset)
  if (hint !== undefined && hint.segment === segment) {
    log.readHints.delete(options.offset)
    return await readFrom(log, segment, options, hint.position, undefined)
  }
  try {
    return await readIndexed(log, segment, options)
  } catch (error) {
    // A wrong index looks like a damaged log. Only the log itself can tell, and it is asked once.
    const isSuspect = error instanceof CorruptSegmentError && !segment.isIndexRebuilt && !segment.isDeleted && segment !== log.activeSegment
    if (!isSuspect) throw error
    segment.isIndexRebuilt = true
    await rebuildIndexes(log.indexFiles, segment)
    return await readIndexed(log, segment, options)
  }
}

async function readIndexed(log: Log, segment: Segment, options: LogReadOptions): Promise<LogRead | undefined> {
  const { offset: index } = await log.ensureIndexes(segment)
  const entry = index.floorEntry(options.offset)
  if (entry < 0) return await readFrom(log, segment, options, 0, undefined)
  return await readFrom(log, segment, options, index.positionAt(entry), index.offsetAt(entry))
}

async function readFrom(
  log: Log,
  segment: Segment,
  options: LogReadOptions,
  position: number,
  expectedLastOffset: number | undefined,
): Promise<LogRead | undefined> {
  if (position >= segment.writtenBytes) return undefined
  const path = segment.path('log')
  return await log.context.pool.use(path, false, (handle) => {
    // The position is one in the file that had this name before.
    if (segment.isDeleted) throw new CorruptSegmentError(path, position, 'it is no longer part of the log')
    return new SegmentRead(log, segment, handle, options).run(position, expectedLastOffset)
  })
}

class SegmentRead {
  readonly #log: Log
  readonly #segment: Segment
  readonly #handle: FileHandle
  readonly #options: LogReadOptions

  constructor(log: Log, segment: Segment, handle: FileHandle, options: LogReadOptions) {
    this.#log = log
    this.#segment = segment
    this.#handle = handle
    this.#options = options
  }

  /** `start` is where a batch begins, at or before the one that holds the offset; an index tells how that batch ends. */
  async run(start: number, expectedLastOffset: number | undefined): Promise<LogRead | undefined> {
    const { offset, maxBytes, upperBound, minOneBatch } = this.#options
    let position = start
    let wanted = Math.min(Math.max(maxBytes, 0), MAX_READ_BYTES) + batchLayout.BATCH_HEADER_BYTES + this.#log.config.indexIntervalBytes
    while (position < this.#segment.writtenBytes) {
      const buffer = await this.#fill(position, wanted)
      if (buffer.length < batchLayout.BATCH_HEADER_BYTES) throw this.#corrupt(position, 'a cut batch header')
      let at = 0
      while (at + batchLayout.BATCH_HEADER_BYTES <= buffer.length) {
        const header = this.#headerAt(buffer, at, position + at)
        if (position + at === start && expectedLastOffset !== undefined && header.lastOffset !== expectedLastOffset) {
          throw this.#corrupt(start, `the index expects offset ${expectedLastOffset} here, not ${header.lastOffset}`)
        }
        if (header.lastOffset >= offset) {
          if (header.baseOffset >= upperBound || (header.sizeBytes > maxBytes && !minOneBatch))
            return { chunks: [], sizeBytes: 0, nextOffset: offset }
          if (at + header.sizeBytes <= buffer.length) return this.#collect(buffer, at, position)
          wanted = Math.max(header.sizeBytes, Math.min(maxBytes, MAX_READ_BYTES))
          break
        }
        at += header.sizeBytes
      }
      position += at
    }
    return undefined
  }

  async #fill(position: number, wanted: number): Promise<Buffer> {
    const length = Math.min(wanted, this.#segment.writtenBytes - position)
    const buffer = Buffer.allocUnsafeSlow(length)
    const filled = await this.#handle.read(buffer, 0, length, position)
    if (filled < length) throw this.#corrupt(position + filled, 'the file is shorter than what was written')
    return buffer
  }

  /** The batches from `start` on that fit. The first one is wholly in the buffer. */
  #collect(buffer: Buffer, start: number, position: number): LogRead {
    const { maxBytes, upperBound } = this.#options
    const { codecs } = this.#log.context
    let end = start
    let nextOffset = this.#options.offset
    while (end + batchLayout.BATCH_HEADER_BYTES <= buffer.length) {
      const isFirst = end === start
      const header = headerAt(buffer, end)
      // Later defects are reported by the read that starts with them: what lies before is good.
      if (typeof header === 'string') break
      if (header.baseOffset >= upperBound || end + header.sizeBytes > buffer.length) break
      if (!isFirst && (end + header.sizeBytes - start > maxBytes || header.baseOffset < nextOffset)) break
      if (!batchCrcIsValid(buffer, end, (data) => codecs.crc32c(data))) {
        if (isFirst) throw this.#corrupt(position + end, 'wrong CRC')
        break
      }
      end += header.sizeBytes
      nextOffset = header.lastOffset + 1
    }
    this.#rememberPosition(nextOffset, position + end)
    const used = buffer.subarray(start, end)
    // A short result must not keep a long read's memory alive.
    return { chunks: [used.length * 2 < buffer.length ? Buffer.from(used) : used], sizeBytes: used.length, nextOffset }
  }

  #headerAt(buffer: Buffer, at: number, position: number): Exclude<ReturnType<typeof headerAt>, string> {
    const header = headerAt(buffer, at)
    if (typeof header === 'string') throw this.#corrupt(position, header)
    if (position + header.sizeBytes > this.#segment.writtenBytes)
      throw this.#corrupt(position, `a batch of ${header.sizeBytes} bytes does not fit`)
    return header
  }

  #corrupt(position: number, reason: string): CorruptSegmentError {
    return new CorruptSegmentError(this.#segment.path('log'), position, reason)
  }

  #rememberPosition(nextOffset: number, position: number): void {
    const hints = this.#log.readHints
    hints.set(nextOffset, { segment: this.#segment, position })
    if (hints.size <= MAX_READ_HINTS) return
    for (const oldest of hints.keys()) {
      hints.delete(oldest)
      return
    }
  }
}
