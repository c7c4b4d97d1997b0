/** The transactions that a pass over a log has met: whose data is aborted, and whose markers have nothing left to tell. */

import type { BatchHeader, EndTransactionMarker } from '@odradek/protocol'

import type { AbortedTransactionEntry, TransactionIndex } from '../transaction-index.ts'

interface OngoingAborted {
  readonly entry: AbortedTransactionEntry
  hasBatches: boolean
}

export class CleanedTransactions {
  /** By first offset; those that have begun are taken out. */
  #ahead: AbortedTransactionEntry[] = []
  readonly #aborted = new Map<number, OngoingAborted>()
  /** Producers with batches of a transaction that is not known to be aborted. */
  readonly #committed = new Set<number>()
  /** Where aborted transactions that left something are noted; undefined in a pass that only looks. */
  index: TransactionIndex | undefined

  /** Those that overlap the next stretch. One that was added before may be added again. */
  add(entries: readonly AbortedTransactionEntry[]): void {
    this.#ahead = [...this.#ahead, ...entries].sort((left, right) => left.firstOffset - right.firstOffset)
  }

  /** Takes a data batch into account; true when it is aborted. */
  onData(header: BatchHeader): boolean {
    this.#begin(header.lastOffset)
    if (!header.isTransactional) return false
    const aborted = this.#aborted.get(header.producerId)
    if (aborted === undefined) {
      this.#committed.add(header.producerId)
      return false
    }
    aborted.hasBatches = true
    return true
  }

  /** Takes a control batch into account; true when nothing of its transaction was met. Undefined stands for a batch that is empty already. */
  onMarker(header: BatchHeader, marker: EndTransactionMarker | undefined): boolean {
    this.#begin(header.lastOffset)
    if (marker === undefined) return header.recordCount === 0
    if (marker.type === 'COMMIT') return !this.#committed.delete(header.producerId)
    const aborted = this.#aborted.get(header.producerId)
    this.#aborted.delete(header.producerId)
    if (aborted?.hasBatches !== true) return true
    this.index?.append(aborted.entry)
    return false
  }

  #begin(offset: number): void {
    let count = 0
    for (const entry of this.#ahead) {
      if (entry.firstOffset > offset) break
      count++
      if (!this.#aborted.has(entry.producerId)) this.#aborted.set(entry.producerId, { entry, hasBatches: false })
    }
    if (count > 0) this.#ahead.splice(0, count)
  }
}
