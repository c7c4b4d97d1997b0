/** Judges a history: events in, violations out. */

import type { HistoryEvent } from './format/events.ts'
import { type HistoryCounts, HistoryModel } from './model/history-model.ts'
import { Replay } from './model/replay.ts'
import { allRules } from './rules/all-rules.ts'
import type { Finding } from './rules/rule.ts'

export interface Violation extends Finding {
  /** Name of the rule that was broken. */
  readonly rule: string
}

export interface Verdict {
  readonly violations: readonly Violation[]
  /** Violations beyond `maxPerRule` that are not among them. */
  readonly omitted: number
  /** What the history holds: a verdict about nothing is worth nothing. */
  readonly counts: HistoryCounts & { readonly faults: number }
}

export interface CheckerOptions {
  /** How long a client may take over anything while no fault is under way, ms. Default 60000. */
  readonly stuckAfterMs?: number
  /** Violations kept of each rule. Default 100. */
  readonly maxPerRule?: number
}

/** Takes events one at a time; memory grows with the records of the history, not with its bytes. */
export class HistoryChecker {
  readonly #model = new HistoryModel()
  readonly #replay = new Replay(this.#model)
  readonly #violations = new Map<string, Violation[]>()
  #omitted = 0

  constructor(options: CheckerOptions = {}) {
    const { stuckAfterMs = 60_000, maxPerRule = 100 } = options
    for (const rule of allRules) {
      const { name } = rule
      const violations: Violation[] = []
      this.#violations.set(name, violations)
      const report = (finding: Finding): void => {
        if (violations.length < maxPerRule) violations.push({ rule: name, ...finding })
        else this.#omitted += 1
      }
      this.#model.listeners.push(rule.watch(this.#model, report, { stuckAfterMs }))
    }
  }

  /** Throws HistoryError when the event makes no sense after those before it. */
  add(event: HistoryEvent): void {
    this.#replay.apply(event)
  }

  /** The verdict on the whole; nothing can be added after it. */
  finish(): Verdict {
    this.#replay.finish()
    return {
      violations: [...this.#violations.values()].flat(),
      omitted: this.#omitted,
      counts: { ...this.#model.counts, faults: this.#model.health.faults },
    }
  }
}

/** Judges a whole history. Throws HistoryError when it makes no sense. */
export function checkHistory(events: Iterable<HistoryEvent>, options: CheckerOptions = {}): Verdict {
  const checker = new HistoryChecker(options)
  for (const event of events) checker.add(event)
  return checker.finish()
}
