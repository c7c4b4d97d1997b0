/** The batches of one partition in order: those under way, those that wait, the open one last; and their sequence numbers. */

import { decrementSequence, incrementSequence } from '@odradek/protocol'
import type { ProducerBatch } from './producer-batch.ts'
import type { Numbering } from './resting-sequences.ts'

/** Of how many batches of a producer a broker knows that it has them (KIP-98). */
const REMEMBERED_BATCHES = 5

export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Waiting to be sent; those to be retried first. */
  readonly waiting: ProducerBatch[] = []
  /** Sent and not answered, in the order of their sequences. */
  readonly inFlight: ProducerBatch[] = []
  /** Monotonic time before which nothing is sent, after a failure. */
  notBeforeMs = 0
  /** Failures in a row. */
  failures = 0
  /** Generation of the producer's identity that the sequences belong to; −1 before the first batch. */
  #generation = -1
  #nextSequence = 0
  #lastAcknowledgedSequence = -1
  #taken = 0
  /** What is numbered is certainly not in the log, nor will it be: the next epoch numbers it anew. */
  #isRefused = false
  /** Batches have come back: until all that is in flight has, a later one must not overtake them. */
  #isRecovering = false

  /**
   * `numbering` is what an earlier queue of the partition has left. What that one had acknowledged does not count: the broker may have dropped
   * the producer meanwhile, or the topic may be another of the same name.
   */
  constructor(topic: string, partition: number, numbering?: Numbering) {
    this.topic = topic
    this.partition = partition
    if (numbering === undefined) return
    this.#generation = numbering.generation
    this.#nextSequence = numbering.nextSequence
  }

  get numbering(): Numbering {
    return { generation: this.#generation, nextSequence: this.#nextSequence }
  }

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.inFlight.length === 0
  }

  /** The batch that takes records now. */
  get open(): ProducerBatch | undefined {
    const last = this.waiting[this.waiting.length - 1]
    return last === undefined || last.isClosed ? undefined : last
  }

  /** Generation that the next new batch will leave behind when it is not the producer's any more. */
  get generation(): number {
    return this.#generation
  }

  /** Takes the first waiting batch; numbers it if it is new and there is a `generation`, which is −1 without idempotence. */
  take(generation: number): ProducerBatch | undefined {
    const batch = this.waiting.shift()
    if (batch === undefined) return undefined
    if (generation >= 0 && this.#generation !== generation && !this.#keepsNumber(batch)) this.#restart(generation, batch)
    batch.isClosed = true
    if (batch.ordinal < 0) batch.ordinal = this.#taken++
    if (generation >= 0 && batch.baseSequence < 0) {
      batch.renumber(this.#nextSequence)
      this.#nextSequence = incrementSequence(this.#nextSequence, batch.recordCount)
    }
    this.#isRecovering = false
    batch.attempts++
    this.inFlight.push(batch)
    return batch
  }

  /**
   * Whether the next batch has to wait for those in flight: they are to be retried first, or belong to an earlier epoch, or the very first
   * is among them. A broker that knows nothing of a producer takes any sequence, so that a second batch could get in before a first one
   * that failed, and shut it out for good (KAFKA-14359). Nor may it get so far ahead of one that a former leader has not answered that the
   * broker no longer knows that one when it is sent again.
   */
  mustWaitForInFlight(generation: number): boolean {
    const first = this.inFlight[0]
    if (first === undefined) return false
    if (this.#isRecovering) return true
    if (generation < 0) return false
    return (
      this.#generation !== generation || this.#lastAcknowledgedSequence < 0 || this.#nextOrdinal() - first.ordinal >= REMEMBERED_BATCHES
    )
  }

  /** An answer has come, or will not: the batch is no longer in flight. False when it was not. */
  landed(batch: ProducerBatch): boolean {
    const index = this.inFlight.indexOf(batch)
    if (index < 0) return false
    this.inFlight.splice(index, 1)
    return true
  }

  acknowledged(batch: ProducerBatch): void {
    this.failures = 0
    // What it is a part of was not in the log, then, and so is nothing that came after that.
    if (batch.isWholeInDoubt) for (const other of [...this.inFlight, ...this.waiting]) other.isWholeInDoubt = false
    if (batch.baseSequence >= 0 && !this.isInLog(batch)) {
      this.#lastAcknowledgedSequence = incrementSequence(batch.baseSequence, batch.recordCount - 1)
    }
  }

  /** Whether a later batch was acknowledged, which the broker would have refused without this one. */
  isInLog(batch: ProducerBatch): boolean {
    if (batch.baseSequence < 0 || this.#lastAcknowledgedSequence < 0) return false
    return decrementSequence(this.#lastAcknowledgedSequence, batch.baseSequence) < HALF_OF_SEQUENCES
  }

  /**
   * Whether a batch that is out of sequence may be in the log all the same: a broker that was killed may know the last batch of a producer
   * alone, and refuse those before it when they are sent again. Whatever later one was sent may be that last one, until it is refused, too.
   */
  mayBeProven(batch: ProducerBatch): boolean {
    if (!batch.mayBeInLog) return false
    return [...this.inFlight, ...this.waiting].some((other) => other.attempts > 0 && !other.isOutOfSequence && comesAfter(other, batch))
  }

  /** Puts a batch back for another attempt, at its place in the order. */
  requeue(batch: ProducerBatch): void {
    this.#isRecovering = true
    this.waiting.splice(this.#placeOf(batch), 0, batch)
  }

  /** Puts what is left of a refused batch in its place, in parts: later ones move up by the records that are gone. */
  replace(batch: ProducerBatch, parts: readonly ProducerBatch[]): void {
    this.#isRecovering = true
    const at = this.#placeOf(batch)
    const left = parts.reduce((records, part) => records + part.recordCount, 0)
    this.#moveUp(batch, batch.recordCount - left)
    for (const later of [...this.inFlight, ...this.waiting])
      if (comesAfter(later, batch) && later.ordinal >= 0) later.ordinal += parts.length - 1
    this.#taken += parts.length - 1
    let sequence = batch.baseSequence
    for (const [index, part] of parts.entries()) {
      part.ordinal = batch.ordinal + index
      if (sequence < 0) continue
      part.renumber(sequence)
      part.isWholeInDoubt = batch.mayBeInLog
      sequence = incrementSequence(sequence, part.recordCount)
    }
    this.waiting.splice(at, 0, ...parts)
  }

  /** Whether batches before this one are still to be written, so that the broker was right to refuse it. */
  isAhead(batch: ProducerBatch): boolean {
    return [...this.inFlight, ...this.waiting].some((other) => other.baseSequence >= 0 && comesAfter(batch, other))
  }

  /** A batch was out of sequence with none before it: neither it nor any after it is in the log. */
  refused(): void {
    this.#isRefused = true
  }

  /** A numbered batch is certainly not in the log and never will be: those after it move up. */
  closeGap(batch: ProducerBatch): void {
    this.#moveUp(batch, batch.recordCount)
  }

  #moveUp(batch: ProducerBatch, records: number): void {
    if (batch.baseSequence < 0 || records === 0) return
    for (const later of [...this.inFlight, ...this.waiting]) {
      if (later.baseSequence >= 0 && comesAfter(later, batch)) later.renumber(decrementSequence(later.baseSequence, records))
    }
    this.#nextSequence = decrementSequence(this.#nextSequence, records)
  }

  /** Where among those that wait a batch belongs that comes back. */
  #placeOf(batch: ProducerBatch): number {
    const index = this.waiting.findIndex((other) => comesAfter(other, batch))
    return index < 0 ? this.waiting.length : index
  }

  #nextOrdinal(): number {
    const next = this.waiting[0]
    return next === undefined || next.ordinal < 0 ? this.#taken : next.ordinal
  }

  /** A batch that was sent and not answered keeps its epoch and number: under others it might get in twice. */
  #keepsNumber(batch: ProducerBatch): boolean {
    return batch.baseSequence >= 0 && (batch.attempts > 0 || batch.mayBeInLog) && !this.#isRefused
  }

  #restart(generation: number, first: ProducerBatch): void {
    this.#generation = generation
    this.#nextSequence = 0
    this.#lastAcknowledgedSequence = -1
    this.#isRefused = false
    for (const batch of [first, ...this.waiting]) batch.renumber(-1)
  }
}

const HALF_OF_SEQUENCES = 1_073_741_824

function comesAfter(batch: ProducerBatch, other: ProducerBatch): boolean {
  return batch.ordinal < 0 || batch.ordinal > other.ordinal
}
