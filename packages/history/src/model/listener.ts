/** What a rule can listen to. The model is up to date with the event that each call is about, unless it says otherwise. */

import type { BoundsSuccess, CommitInvocation, CommittedSuccess, EndInvocation } from '../format/events.ts'
import type { ConsumerState, Reading } from './consumer.ts'
import type { Group } from './group.ts'
import type { PendingOperation } from './operation.ts'
import type { PartitionLog } from './partition-log.ts'
import type { HistoryRecord } from './record.ts'
import type { Transaction } from './transaction.ts'

/** One record handed over; the object is reused. */
export interface Read {
  consumer: ConsumerState
  log: PartitionLog
  record: HistoryRecord
  offset: number
  /** Undefined when the partition was not assigned to the consumer. */
  reading: Reading | undefined
  /** Before this read, −1 when it is not known. */
  position: number
  /** The record before this one came in the same poll. */
  isWithinPoll: boolean
  /** Line of the event that made `position`. */
  positionLine: number
}

export interface HistoryListener {
  acknowledged?(record: HistoryRecord, log: PartitionLog, offset: number): void
  /** A record was found in a second place. */
  foundAgain?(record: HistoryRecord, log: PartitionLog, offset: number): void
  /** Where `holder` is, `record` was found. */
  conflict?(log: PartitionLog, offset: number, holder: HistoryRecord, record: HistoryRecord): void
  read?(read: Read): void
  /** After the reads of a poll. */
  polled?(consumer: ConsumerState, operation: PendingOperation): void
  commitInvoked?(consumer: ConsumerState | undefined, commit: CommitInvocation): void
  /** The group's commits do not yet have it. */
  committed?(consumer: ConsumerState | undefined, commit: CommitInvocation, operation: PendingOperation): void
  commitsFetched?(group: Group, answer: CommittedSuccess, operation: PendingOperation): void
  bounds?(answer: BoundsSuccess, operation: PendingOperation): void
  /** Before the reading begins. */
  assigning?(consumer: ConsumerState, log: PartitionLog, generation: number | undefined): void
  /** After it has ended. */
  released?(consumer: ConsumerState, reading: Reading, how: 'revoked' | 'lost' | 'closed' | 'crashed'): void
  transactionEndInvoked?(transaction: Transaction, end: EndInvocation): void
  transactionEnded?(transaction: Transaction, operation: PendingOperation, outcome: 'ok' | 'fail' | 'info'): void
  /** Any completion, before the model takes it in. */
  settling?(operation: PendingOperation, outcome: 'ok' | 'fail' | 'info'): void
  /** Before the model takes it in. */
  faulting?(): void
  finish?(): void
}
