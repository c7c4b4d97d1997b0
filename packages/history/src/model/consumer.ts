/** A consumer: what it owns and how far it has read. */

import type { OpenConsumerEvent } from '../format/events.ts'
import type { Group } from './group.ts'
import type { PartitionLog } from './partition-log.ts'

/** A consumer's way through a partition, from one assignment or seek to the next. */
export interface Reading {
  readonly log: PartitionLog
  /** Line of the assignment. */
  readonly assignedLine: number
  readonly generation: number | undefined
  readonly isManual: boolean
  /** Next offset to be read; −1 while it is not known. */
  position: number
  /** First offset of the span that is being gone through; −1 while it is not known. */
  spanStart: number
  /** Line of the last event that moved the position. */
  positionLine: number
  /** From where on a poll of unknown outcome may have been given records; −1 = nowhere. */
  blindFrom: number
  /** Line of the last such poll's end. */
  blindLine: number
  isPaused: boolean
  /** Lowest committed offset that the coordinator could have answered with at the assignment; −1 = none. */
  readonly committedAtAssignment: number
  lastCommit: number
  lastCommitLine: number
  /** Since when records have been waiting that polls do not return; NaN = none are. */
  behindSinceMs: number
}

export class ConsumerState {
  readonly client: string
  readonly process: string
  readonly options: OpenConsumerEvent
  readonly group: Group
  readonly readings: Map<PartitionLog, Reading> = new Map()
  isClosed = false
  /** Line of the last assignment, even of nothing. */
  assignedLine = 0
  /** When the last poll that returned was called, and the last commit of its own that succeeded; −Infinity = never. */
  polledMs: number = Number.NEGATIVE_INFINITY
  committedMs: number = Number.NEGATIVE_INFINITY

  constructor(options: OpenConsumerEvent, group: Group) {
    this.client = options.client
    this.process = options.process
    this.options = options
    this.group = group
  }

  get readsCommitted(): boolean {
    return this.options.isolation === 'read_committed'
  }
}
