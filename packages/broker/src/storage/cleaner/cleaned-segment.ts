/** Writes what is left of a group of segments to a `.cleaned` one, with its indexes. */

import { readBatchHeader } from '@odradek/protocol'

import { fileSuffixes } from '../file-names.ts'
import type { Log } from '../log.ts'
import { Segment } from '../segment.ts'
import { saveIndexes } from '../segment-indexes.ts'

export class CleanedSegment {
  readonly segment: Segment
  readonly #log: Log
  readonly #bufferBytes: number
  #queue: Buffer[] = []
  #queuedBytes = 0

  private constructor(log: Log, segment: Segment, bufferBytes: number) {
    this.#log = log
    this.segment = segment
    this.#bufferBytes = bufferBytes
  }

  /** In the place of `group`, whose first offset it has. Leftovers of an earlier attempt are removed. */
  static async create(log: Log, group: readonly Segment[], bufferBytes: number): Promise<CleanedSegment> {
    const first = group[0] as Segment
    const segment = new Segment(log.directory, first.baseOffset, 0, (group.at(-1) as Segment).createdMs, 0)
    segment.fileSuffix = '.cleaned'
    const cleaned = new CleanedSegment(log, segment, bufferBytes)
    await cleaned.discard()
    return cleaned
  }

  async append(batch: Buffer): Promise<void> {
    this.segment.append(readBatchHeader(batch, 0), this.#log.config.indexIntervalBytes)
    this.#queue.push(batch)
    this.#queuedBytes += batch.length
    if (this.#queuedBytes >= this.#bufferBytes) await this.#write()
  }

  /** Makes all of it durable, under the names that it has. */
  async finish(): Promise<void> {
    const { segment } = this
    const { pool, files } = this.#log.context
    await this.#write()
    segment.sealTimeIndex()
    segment.mayHaveAborted = (segment.indexes?.transaction.entries ?? 0) > 0
    await pool.use(segment.path('log'), true, (handle) => handle.sync())
    await saveIndexes(this.#log.indexFiles, segment, true)
    await pool.evict(segment.path('log'))
    await files.syncDirectory(this.#log.directory)
  }

  /** Takes its files off the disk. */
  async discard(): Promise<void> {
    const { pool, files } = this.#log.context
    for (const suffix of fileSuffixes) {
      await pool.evict(this.segment.path(suffix))
      await files.remove(this.segment.path(suffix))
    }
  }

  async #write(): Promise<void> {
    const { segment } = this
    const chunks = this.#queue
    this.#queue = []
    const bytes = this.#queuedBytes
    this.#queuedBytes = 0
    if (bytes === 0) return
    await this.#log.context.pool.use(segment.path('log'), true, (handle) => handle.write(chunks, segment.writtenBytes))
    segment.writtenBytes += bytes
  }
}
