/** Judges a run by its history. */

import { checkHistory, type Finding, type HistoryEvent } from '@odradek/history'
import type { Stage, Violation } from './stage/stage.ts'

/** What follows when acknowledged records are gone: they are missing, and later ones are given their offsets. */
const LOSSES: readonly string[] = ['lost-write', 'offset-conflict', 'non-monotonic-send']

/** Acknowledgements that were under way when power was lost arrive all the same. */
const UNDER_WAY_MS = 1000

export function judge({ events, scenario }: Stage): Violation[] {
  const found = checkHistory(events).violations
  const { unsyncedMs } = scenario
  const powerLostMs = events.flatMap((event) => (event.type === 'fault' && event.fault === 'power lost' ? [event.timeMs] : []))
  const isExcused = (finding: Finding & { readonly rule: string }): boolean =>
    unsyncedMs !== undefined && LOSSES.includes(finding.rule) && wasJustWritten(events, finding, powerLostMs, unsyncedMs)
  return found
    .filter((finding) => !isExcused(finding))
    .map(({ rule, message, lines }) => ({ rule, message, events: lines.flatMap((line) => at(events, line)) }))
}

/** Whether power was lost before the record, acknowledged a moment ago, can have been synced. */
function wasJustWritten(events: readonly HistoryEvent[], { lines }: Finding, powerLostMs: readonly number[], unsyncedMs: number): boolean {
  const acknowledged = lines.flatMap((line) => at(events, line)).find((event) => event.type === 'ok' && event.op === 'send')
  if (acknowledged === undefined || !('timeMs' in acknowledged)) return false
  const { timeMs } = acknowledged
  return powerLostMs.some((lostMs) => lostMs >= timeMs - UNDER_WAY_MS && lostMs - timeMs < unsyncedMs)
}

/** Lines count from 1. */
function at(events: readonly HistoryEvent[], line: number): HistoryEvent[] {
  const event = events[line - 1]
  return event === undefined ? [] : [event]
}
