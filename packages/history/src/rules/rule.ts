/** What a rule is, and what it reports. */

import type { HistoryListener } from '../model/listener.ts'
import type { HistoryModel } from '../model/history-model.ts'

export interface Finding {
  /** One line: what happened, and why it must not. */
  readonly message: string
  /** The events that show it, by line. */
  readonly lines: readonly number[]
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly value?: string
  readonly client?: string
  readonly group?: string
}

export interface RuleOptions {
  /** How long, all being well, a client may take over anything. */
  readonly stuckAfterMs: number
}

export interface Rule {
  readonly name: string
  /** What Kafka promises. */
  readonly promise: string
  watch(model: HistoryModel, report: (finding: Finding) => void, options: RuleOptions): HistoryListener
}
