/** Invocations that have not been completed. */

import type { InvokeEvent } from '../format/events.ts'
import type { HistoryRecord } from './record.ts'

export interface PendingOperation {
  readonly invocation: InvokeEvent
  readonly line: number
  readonly process: string
  /** Of a send. */
  readonly record: HistoryRecord | undefined
}
