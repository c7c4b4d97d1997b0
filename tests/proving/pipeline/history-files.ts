/** Histories that processes have written, as one. */

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { HISTORY_VERSION, HistoryDecoder, type HistoryEvent } from '@odradek/history'
import type { TimedEvent } from '../workload/history-of.ts'

/** What a process has come to write before it was killed: maybe nothing, and without a last line that is half written. */
export async function readHistory(path: string): Promise<HistoryEvent[]> {
  if (!existsSync(path)) return []
  return new HistoryDecoder().decode(await readFile(path))
}

/** In the order of time; their clock is the machine's. Their ids, which begin with 1 in each, are made unique. */
export function merged(source: string, histories: readonly (readonly HistoryEvent[])[]): [HistoryEvent, ...TimedEvent[]] {
  let base = 0
  const events: TimedEvent[] = []
  for (const history of histories) {
    let last = 0
    for (const event of history) {
      if (event.type === 'history') continue
      if ('id' in event) last = Math.max(last, event.id)
      events.push('id' in event ? { ...event, id: base + event.id } : event)
    }
    base += last
  }
  events.sort((left, right) => left.timeMs - right.timeMs)
  return [{ type: 'history', version: HISTORY_VERSION, source }, ...events]
}
