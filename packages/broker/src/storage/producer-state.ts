/** The producers of a log: duplicates, fencing, open transactions and the first unstable offset. Replayed from the log, batch by batch. */

import type { BatchHeader, EndTransactionMarker } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'

import type { ProducerBatch, ProducerSnapshotEntry } from './producer-entry.ts'
import { ProducerEntry } from './producer-entry.ts'
import type { AbortedTransactionEntry } from './transaction-index.ts'

export interface ProducerRejection {
  readonly errorCode: number
  readonly message: string
}

interface CompletedTransaction {
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
}

export class ProducerState {
  readonly #producers = new Map<number, ProducerEntry>()
  /** First offset → producer, of the open transactions; insertion is in offset order, and so is iteration. */
  readonly #ongoing = new Map<number, number>()
  /** Ended transactions whose markers are not below the high watermark yet. */
  #unreplicated: CompletedTransaction[] = []
  /** The offset up to which batches have been applied, exclusive. */
  endOffset: number

  constructor(endOffset: number, entries: readonly ProducerSnapshotEntry[] = []) {
    this.endOffset = endOffset
    for (const snapshot of entries) this.#producers.set(snapshot.producerId, ProducerEntry.fromSnapshot(snapshot))
    const open = entries.filter((entry) => entry.currentTxnFirstOffset >= 0)
    open.sort((left, right) => left.currentTxnFirstOffset - right.currentTxnFirstOffset)
    for (const entry of open) this.#ongoing.set(entry.currentTxnFirstOffset, entry.producerId)
  }

  get producers(): Iterable<ProducerEntry> {
    return this.#producers.values()
  }

  get hasProducers(): boolean {
    return this.#producers.size > 0
  }

  /** The first offset whose transaction is open, or ended above the high watermark; Infinity when all is stable. */
  get firstUnstableOffset(): number {
    let first = this.#firstOngoing(undefined)
    for (const { firstOffset } of this.#unreplicated) first = Math.min(first, firstOffset)
    return first
  }

  knows(producerId: number): boolean {
    return this.#producers.has(producerId)
  }

  hasOngoingTransaction(producerId: number): boolean {
    return (this.#producers.get(producerId)?.currentTxnFirstOffset ?? -1) >= 0
  }

  findDuplicate(header: BatchHeader): ProducerBatch | undefined {
    return this.#producers.get(header.producerId)?.findDuplicate(header)
  }

  /** Why a data batch may not be appended; undefined when it may. Sequences are a client's alone: coordinators have none. */
  rejectData(header: BatchHeader, isClient: boolean): ProducerRejection | undefined {
    const entry = this.#producers.get(header.producerId)
    if (entry === undefined) return undefined
    const stale = this.#rejectEpoch(entry, header.producerEpoch)
    if (stale !== undefined) return stale
    if (isClient && !entry.isInSequence(header.producerEpoch, header.baseSequence)) {
      return {
        errorCode: ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
        message:
          `Out of order sequence number for producer ${header.producerId}: ${header.baseSequence} (incoming sequence, epoch ${header.producerEpoch}), ` +
          `${entry.lastSequence} (current end sequence, epoch ${entry.producerEpoch})`,
      }
    }
    if (entry.currentTxnFirstOffset >= 0 && !header.isTransactional) {
      return { errorCode: ErrorCodes.INVALID_TXN_STATE, message: `Expected transactional write from producer ${header.producerId}` }
    }
    return undefined
  }

  rejectMarker(header: BatchHeader, marker: EndTransactionMarker): ProducerRejection | undefined {
    const entry = this.#producers.get(header.producerId)
    if (entry === undefined) return undefined
    const stale = this.#rejectEpoch(entry, header.producerEpoch)
    if (stale !== undefined) return stale
    if (entry.coordinatorEpoch <= marker.coordinatorEpoch) return undefined
    return {
      errorCode: ErrorCodes.TRANSACTION_COORDINATOR_FENCED,
      message: `Invalid coordinator epoch for producer ${header.producerId}: ${marker.coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    }
  }

  /** Takes in a batch with its final offsets. Returns the entry for the transaction index when it is an abort marker of a transaction with data. */
  apply(header: BatchHeader, marker: EndTransactionMarker | undefined): AbortedTransactionEntry | undefined {
    this.endOffset = header.lastOffset + 1
    if (header.producerId < 0) return undefined
    // Compaction leaves batches without records, which still tell the last sequence.
    if (header.isControl) return marker === undefined ? undefined : this.#applyMarker(header, marker)
    const entry = this.#entry(header.producerId)
    entry.addBatch(header)
    if (header.isTransactional && entry.currentTxnFirstOffset < 0) {
      entry.currentTxnFirstOffset = header.baseOffset
      this.#ongoing.set(header.baseOffset, header.producerId)
    }
    return undefined
  }

  /** Takes in a data batch below `endOffset`, for its duplicates to be known. */
  recall(header: BatchHeader): void {
    if (!header.isControl) this.#producers.get(header.producerId)?.recall(header)
  }

  /** The high watermark moved: transactions whose markers lie below it are stable now. */
  onHighWatermark(highWatermark: number): void {
    if (this.#unreplicated.length === 0) return
    this.#unreplicated = this.#unreplicated.filter(({ lastOffset }) => lastOffset >= highWatermark)
  }

  /** Forgets producers idle for `expirationMs`, unless a transaction of theirs is open. */
  removeExpired(nowMs: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#producers) {
      if (entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs) this.#producers.delete(producerId)
    }
  }

  toSnapshot(): ProducerSnapshotEntry[] {
    return Array.from(this.#producers.values(), (entry) => entry.toSnapshot())
  }

  #applyMarker(header: BatchHeader, marker: EndTransactionMarker): AbortedTransactionEntry | undefined {
    const entry = this.#entry(header.producerId)
    const firstOffset = entry.currentTxnFirstOffset
    entry.setEpoch(header.producerEpoch)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = header.maxTimestamp
    entry.currentTxnFirstOffset = -1
    if (firstOffset < 0) return undefined
    this.#ongoing.delete(firstOffset)
    this.#unreplicated.push({ firstOffset, lastOffset: header.baseOffset })
    if (marker.type === 'COMMIT') return undefined
    const nextOngoing = this.#firstOngoing(header.producerId)
    return {
      producerId: header.producerId,
      firstOffset,
      lastOffset: header.baseOffset,
      lastStableOffset: Number.isFinite(nextOngoing) ? nextOngoing : header.baseOffset + 1,
    }
  }

  #firstOngoing(exceptProducerId: number | undefined): number {
    for (const [firstOffset, producerId] of this.#ongoing) if (producerId !== exceptProducerId) return firstOffset
    return Number.POSITIVE_INFINITY
  }

  #rejectEpoch(entry: ProducerEntry, producerEpoch: number): ProducerRejection | undefined {
    if (producerEpoch >= entry.producerEpoch) return undefined
    return {
      errorCode: ErrorCodes.INVALID_PRODUCER_EPOCH,
      message: `Epoch of producer ${entry.producerId} is ${producerEpoch}, which is smaller than the last seen epoch ${entry.producerEpoch}`,
    }
  }

  #entry(producerId: number): ProducerEntry {
    let entry = this.#producers.get(producerId)
    if (entry === undefined) {
      entry = new ProducerEntry(producerId)
      this.#producers.set(producerId, entry)
    }
    return entry
  }
}
