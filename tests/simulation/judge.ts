/** Judges a run by its history. */

import { checkHistory, type HistoryEvent } from '@odradek/history'
import type { Stage, Violation } from './stage/stage.ts'

export function judge({ events }: Stage): Violation[] {
  return checkHistory(events).violations.map(({ rule, message, lines }) => ({
    rule,
    message,
    events: lines.flatMap((line) => at(events, line)),
  }))
}

/** Lines count from 1. */
function at(events: readonly HistoryEvent[], line: number): HistoryEvent[] {
  const event = events[line - 1]
  return event === undefined ? [] : [event]
}
