/**
 * What to ask one broker for next. A request goes out when half of what the last ones brought has been read, and takes along every partition
 * that is half read: so data flows while records are handled, and requests stay large. The broker may hold a request back to wait for new
 * records only when nothing from it is buffered; otherwise partitions that are at their end would keep the others waiting. What is buffered
 * counts towards `fetch.max.bytes`, so that this is also what memory holds of a broker's records at most.
 */

import type { AssignedPartition } from './assigned-partition.ts'

/** A partition with the offset that is asked for. */
export interface Asked<K, V> {
  readonly partition: AssignedPartition<K, V>
  readonly offset: number
}

export class FetchPlan<K, V> {
  readonly #maxBytes: number
  readonly #wanted: AssignedPartition<K, V>[] = []
  #bufferedBytes = 0
  #lastBytes = 0
  #hasMore = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  consider(partition: AssignedPartition<K, V>): void {
    const buffered = partition.bufferedBytes
    this.#bufferedBytes += buffered
    this.#lastBytes += partition.lastChunkBytes
    if (partition.chunks.length > 1 || buffered * 2 > partition.lastChunkBytes) return
    this.#wanted.push(partition)
    if (!partition.isAtEnd) this.#hasMore = true
  }

  get mayWait(): boolean {
    return this.#bufferedBytes === 0
  }

  get isDue(): boolean {
    if (this.#wanted.length === 0) return false
    return this.mayWait || (this.#hasMore && this.#bufferedBytes * 2 <= this.#lastBytes && this.#bufferedBytes < this.#maxBytes)
  }

  /** Most bytes to ask for. */
  get maxBytes(): number {
    return Math.max(0, this.#maxBytes - this.#bufferedBytes)
  }

  /** The partitions with their offsets as they are now. */
  take(): readonly Asked<K, V>[] {
    return this.#wanted.flatMap((partition) => (partition.fetchOffset === undefined ? [] : [{ partition, offset: partition.fetchOffset }]))
  }
}
