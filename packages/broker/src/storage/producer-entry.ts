/** What a log remembers of one producer: its epoch, its last five batches and its open transaction. */

import type { BatchHeader } from '@odradek/protocol'
import { decrementSequence, incrementSequence } from '@odradek/protocol'

/** Kafka's bound on in-flight batches of an idempotent producer, and so on duplicates worth remembering. */
const BATCHES_RETAINED = 5
const MAX_SEQUENCE = 2_147_483_647

export interface ProducerBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

/** The fields of an entry that a snapshot keeps; −1 where there is nothing. */
export interface ProducerSnapshotEntry {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

export class ProducerEntry {
  readonly producerId: number
  producerEpoch = -1
  coordinatorEpoch = -1
  lastTimestamp = -1
  /** −1 when no transaction is open. */
  currentTxnFirstOffset = -1
  /** Oldest first. */
  readonly batches: ProducerBatch[] = []

  constructor(producerId: number) {
    this.producerId = producerId
  }

  static fromSnapshot(snapshot: ProducerSnapshotEntry): ProducerEntry {
    const entry = new ProducerEntry(snapshot.producerId)
    entry.producerEpoch = snapshot.producerEpoch
    entry.coordinatorEpoch = snapshot.coordinatorEpoch
    entry.lastTimestamp = snapshot.timestamp
    entry.currentTxnFirstOffset = snapshot.currentTxnFirstOffset
    if (snapshot.lastOffset >= 0) {
      entry.batches.push({
        firstSequence: decrementSequence(snapshot.lastSequence, snapshot.offsetDelta),
        lastSequence: snapshot.lastSequence,
        firstOffset: snapshot.lastOffset - snapshot.offsetDelta,
        lastOffset: snapshot.lastOffset,
        timestamp: snapshot.timestamp,
      })
    }
    return entry
  }

  /** −1 when no batch of the current epoch is known. */
  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? -1
  }

  toSnapshot(): ProducerSnapshotEntry {
    const last = this.batches.at(-1)
    return {
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset ?? -1,
      offsetDelta: last === undefined ? 0 : last.lastOffset - last.firstOffset,
      timestamp: this.lastTimestamp,
      coordinatorEpoch: this.coordinatorEpoch,
      currentTxnFirstOffset: this.currentTxnFirstOffset,
    }
  }

  /** The remembered batch with exactly this epoch and these sequences. */
  findDuplicate(header: BatchHeader): ProducerBatch | undefined {
    if (header.producerEpoch !== this.producerEpoch) return undefined
    const lastSequence = incrementSequence(header.baseSequence, header.lastOffsetDelta)
    return this.batches.find((batch) => batch.firstSequence === header.baseSequence && batch.lastSequence === lastSequence)
  }

  /** Whether a batch that starts with `sequence` may come next in `epoch`. A producer without a known epoch may start anywhere. */
  isInSequence(epoch: number, sequence: number): boolean {
    if (this.producerEpoch === -1) return true
    if (epoch !== this.producerEpoch) return sequence === 0
    const last = this.lastSequence
    return sequence === last + 1 || (sequence === 0 && last === MAX_SEQUENCE)
  }

  setEpoch(epoch: number): void {
    if (epoch === this.producerEpoch) return
    this.producerEpoch = epoch
    this.batches.length = 0
  }

  addBatch(header: BatchHeader): void {
    this.setEpoch(header.producerEpoch)
    if (this.batches.length === BATCHES_RETAINED) this.batches.shift()
    this.batches.push(batchOf(header))
    this.lastTimestamp = header.maxTimestamp
  }

  /** Remembers a batch from before those that are known, if it is of their epoch and there is room. */
  recall(header: BatchHeader): void {
    if (header.producerEpoch !== this.producerEpoch) return
    const at = this.batches.findIndex(({ firstOffset }) => firstOffset >= header.baseOffset)
    if (at < 0 || this.batches[at]?.firstOffset === header.baseOffset) return
    this.batches.splice(at, 0, batchOf(header))
    if (this.batches.length > BATCHES_RETAINED) this.batches.shift()
  }
}

function batchOf(header: BatchHeader): ProducerBatch {
  return {
    firstSequence: header.baseSequence,
    lastSequence: incrementSequence(header.baseSequence, header.lastOffsetDelta),
    firstOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    timestamp: header.maxTimestamp,
  }
}
