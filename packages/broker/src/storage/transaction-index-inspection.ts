/**
 * Holds the transaction indexes of a log against its abort markers: what is aborted is found by replaying the batches, as they come by in
 * order. A reader of committed records trusts the index alone.
 */

import type { BatchHeader, EndTransactionMarker } from '@odradek/protocol'

import { segmentFileName } from './file-names.ts'
import type { IndexMismatch } from './index-inspection.ts'
import type { ProducerSnapshotEntry } from './producer-entry.ts'
import { ProducerState } from './producer-state.ts'
import type { AbortedTransactionEntry, TransactionIndex } from './transaction-index.ts'
import { TRANSACTION_INDEX_ENTRY_BYTES } from './transaction-index.ts'

/** Of each segment; the rest is not worth reading. */
const MAX_MISMATCHES = 20

interface AbortMarker {
  readonly producerId: number
  /** Undefined where none of its transaction's batches has come by. */
  readonly expected: AbortedTransactionEntry | undefined
  /** Of the producer's marker before this one, where its transaction can have begun at the earliest. */
  readonly previousOffset: number
  /** Every batch before it has come by: nothing was compacted away, and the beginning is known. */
  readonly isExact: boolean
}

export class TransactionIndexInspection {
  readonly #producers: ProducerState
  /** Indexes are saved before the producer snapshot: what ends below the newest one must be in them. */
  readonly #savedBelow: number
  readonly #lastMarkers = new Map<number, number>()
  /** Of the segment at hand, by offset. */
  #markers = new Map<number, AbortMarker>()
  #nextOffset: number
  #isExact: boolean
  #isDamaged = false

  /** `startSnapshot` is the one of the offset at which the log begins; undefined where there is none. */
  constructor(startOffset: number, startSnapshot: readonly ProducerSnapshotEntry[] | undefined, savedBelow: number) {
    this.#producers = new ProducerState(startOffset, startSnapshot)
    this.#savedBelow = savedBelow
    this.#nextOffset = startOffset
    this.#isExact = startOffset === 0 || startSnapshot !== undefined
  }

  /** The next batch of the log. */
  note(header: BatchHeader, marker: EndTransactionMarker | undefined): void {
    if (header.baseOffset !== this.#nextOffset) this.#isExact = false
    this.#nextOffset = header.lastOffset + 1
    const expected = this.#producers.apply(header, marker)
    if (marker === undefined) return
    const { producerId } = header
    const previousOffset = this.#lastMarkers.get(producerId) ?? -1
    this.#lastMarkers.set(producerId, header.baseOffset)
    if (marker.type === 'ABORT') this.#markers.set(header.baseOffset, { producerId, expected, previousOffset, isExact: this.#isExact })
  }

  /** A batch is not what it was: from here on there is no telling what is aborted. */
  giveUp(): void {
    this.#isDamaged = true
  }

  /** No batch of the segment is left. `index` is undefined where it is none. */
  finishSegment(baseOffset: number, index: TransactionIndex | undefined): readonly IndexMismatch[] {
    const markers = this.#markers
    this.#markers = new Map()
    if (this.#isDamaged || index === undefined) return []
    const entries = index.from(0)
    const file = segmentFileName(baseOffset, 'txnindex')
    const found: IndexMismatch[] = []
    for (const [at, entry] of entries.entries()) {
      const reason = mismatch(entry, markers.get(entry.lastOffset))
      if (reason !== undefined) found.push({ file, position: at * TRANSACTION_INDEX_ENTRY_BYTES, reason })
    }
    const noted = new Set(entries.map(({ lastOffset }) => lastOffset))
    // Entries are written in order: what is missing before one that is there has been lost.
    const dueBelow = Math.max(this.#savedBelow, entries.at(-1)?.lastOffset ?? -1)
    for (const [offset, { expected }] of markers) {
      if (expected === undefined || noted.has(offset) || offset >= dueBelow) continue
      const { producerId, firstOffset } = expected
      const reason = `lacks the transaction of producer ${producerId} that begins with offset ${firstOffset} and is aborted at offset ${offset}`
      found.push({ file, position: undefined, reason })
    }
    return found.slice(0, MAX_MISMATCHES)
  }
}

/** Compaction takes aborted batches away, so that a transaction may look shorter than it was; it must not look longer. */
function mismatch(entry: AbortedTransactionEntry, marker: AbortMarker | undefined): string | undefined {
  const { producerId, firstOffset, lastOffset, lastStableOffset } = entry
  if (marker === undefined || marker.producerId !== producerId) {
    return `no transaction of producer ${producerId} is aborted at offset ${lastOffset}`
  }
  const { expected, previousOffset, isExact } = marker
  const what = `the transaction of producer ${producerId} that is aborted at offset ${lastOffset}`
  if (expected === undefined) {
    return isExact || firstOffset <= previousOffset ? `${what} does not begin with offset ${firstOffset}` : undefined
  }
  const isFirst = isExact ? firstOffset === expected.firstOffset : firstOffset > previousOffset && firstOffset <= expected.firstOffset
  if (!isFirst) return `${what} begins with offset ${expected.firstOffset}, not ${firstOffset}`
  const isStable = isExact ? lastStableOffset === expected.lastStableOffset : lastStableOffset <= expected.lastStableOffset
  return isStable ? undefined : `once ${what} has ended, all is stable below offset ${expected.lastStableOffset}, not ${lastStableOffset}`
}
