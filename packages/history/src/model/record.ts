/** A record as the history knows it: who sent it, what came of that, where it was found. */

import type { ProducerState } from './producer.ts'
import type { TopicPartition } from './topic.ts'
import type { Transaction } from './transaction.ts'

/** `foreign`: nobody in this history sent it. */
export type SendOutcome = 'pending' | 'ok' | 'fail' | 'info' | 'foreign'

export class HistoryRecord {
  readonly value: string
  readonly topic: string
  key: string | undefined
  from: string | undefined
  isTombstone = false
  producer: ProducerState | undefined
  transaction: Transaction | undefined
  outcome: SendOutcome = 'foreign'
  /** Lines of the history; 0 = there is none. Invocations are in the order of their lines. */
  invokeLine = 0
  ackLine = 0
  /** First handed to any consumer, and to one under read_committed. */
  readLine = 0
  committedReadLine = 0
  /** The client that was handed it first. */
  reader: string | undefined
  /** Where it was first found, by acknowledgement or by reading. */
  foundIn: TopicPartition | undefined
  offset = -1
  /** Where the acknowledgement says it is; −1 without one that says. */
  ackOffset = -1

  constructor(topic: string, value: string) {
    this.topic = topic
    this.value = value
  }

  get isOffsetAcknowledged(): boolean {
    return this.ackOffset >= 0
  }
}
