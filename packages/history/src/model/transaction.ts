/** A transaction: how far it is, as far as the history can tell. */

import type { SendOffsetsInvocation } from '../format/events.ts'
import type { ProducerState } from './producer.ts'
import type { TopicPartition } from './topic.ts'

/** `committing` and `aborting`: asked for, outcome unknown. Nothing ever commits what was to be aborted. */
export type TransactionState = 'open' | 'committing' | 'committed' | 'aborting' | 'aborted'

export class Transaction {
  readonly name: string
  readonly producer: ProducerState
  state: TransactionState = 'open'
  /** Line of the event that brought it into its state. */
  stateLine: number
  /** A reader under read_committed was given one of its records after it was to be committed: it did commit. */
  wasRead = false
  /** The highest acknowledged offset in each partition. */
  readonly ends: Map<TopicPartition, number> = new Map()
  /** Partitions that it may have written to. */
  readonly partitions: Set<TopicPartition> = new Set()
  /** Offsets to be committed with it: those that were added, and those that may have been. */
  readonly offsets: SendOffsetsInvocation[] = []
  readonly uncertainOffsets: SendOffsetsInvocation[] = []

  constructor(name: string, producer: ProducerState, line: number) {
    this.name = name
    this.producer = producer
    this.stateLine = line
  }

  become(state: TransactionState, line: number): void {
    this.state = state
    this.stateLine = line
  }

  get isCommitted(): boolean {
    return this.state === 'committed' || (this.state === 'committing' && this.wasRead)
  }

  get mayBeCommitted(): boolean {
    return this.state === 'committed' || this.state === 'committing'
  }
}
