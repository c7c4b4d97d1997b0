/** Judges a run by its history. */

import { checkHistory } from '@odradek/history'
import type { Stage, Violation } from './stage/stage.ts'

export function judge({ events }: Stage): Violation[] {
  return checkHistory(events).violations.map(({ rule, message }) => ({ rule, message }))
}
