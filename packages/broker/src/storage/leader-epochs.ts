/** Which leader epoch each stretch of a log was written in, kept in `leader-epoch-checkpoint`. */

import type { EpochStart } from './checkpoint-file.ts'
import { formatEpochCheckpoint } from './checkpoint-file.ts'

export class LeaderEpochs {
  #entries: EpochStart[]
  /** Changed since it was last encoded. */
  isDirty = false

  constructor(entries: readonly EpochStart[] = []) {
    this.#entries = [...entries]
  }

  /** −1 when nothing was ever written. */
  get latestEpoch(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** Notes that `epoch` writes from `startOffset` on; ignored when it is not newer than the latest. */
  assign(epoch: number, startOffset: number): void {
    if (epoch < 0 || epoch <= this.latestEpoch) return
    this.#entries = this.#entries.filter((entry) => entry.startOffset < startOffset)
    this.#entries.push({ epoch, startOffset })
    this.isDirty = true
  }

  /** Drops what lies at or after the new end. */
  truncateFromEnd(endOffset: number): void {
    this.#replace(this.#entries.filter((entry) => entry.startOffset < endOffset))
  }

  /** Drops epochs that ended before the new start; the first one left starts there. */
  truncateFromStart(startOffset: number): void {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset)
    if (first < 0) return
    const kept = this.#entries.slice(first)
    kept[0] = { epoch: (kept[0] as EpochStart).epoch, startOffset }
    this.#replace(kept)
  }

  /** −1 when the offset lies before every known epoch. */
  epochFor(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1
  }

  /** As OffsetForLeaderEpoch answers (KIP-101, KIP-279); both −1 when the epoch is unknown. */
  endOffsetFor(epoch: number, logEndOffset: number): { leaderEpoch: number; endOffset: number } {
    if (epoch < 0 || this.#entries.length === 0 || epoch > this.latestEpoch) return { leaderEpoch: -1, endOffset: -1 }
    if (epoch === this.latestEpoch) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const next = this.#entries.find((entry) => entry.epoch > epoch) as EpochStart
    const floor = this.#entries.findLast((entry) => entry.epoch <= epoch)
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: next.startOffset }
  }

  /** The checkpoint's bytes; clears `isDirty`. */
  encode(): Buffer {
    this.isDirty = false
    return formatEpochCheckpoint(this.#entries)
  }

  #replace(entries: EpochStart[]): void {
    const unchanged =
      entries.length === this.#entries.length && entries.every((entry, at) => entry.startOffset === this.#entries[at]?.startOffset)
    if (unchanged) return
    this.#entries = entries
    this.isDirty = true
  }
}
