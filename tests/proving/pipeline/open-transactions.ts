/** What of transactions was under way when processes and brokers were killed, by a history. */

import type { HistoryEvent } from '@odradek/history'

export interface TransactionsHit {
  /** With records that the broker had acknowledged, and no end asked for. */
  readonly open: number
  /** Asked to end, without an answer. */
  readonly ending: number
}

interface Seen {
  readonly process: string
  acknowledged: boolean
  stage: 'open' | 'ending' | 'over'
}

/** At each crash of a process, of that process; at each beginning of this fault, of all. */
export function transactionsHit(events: readonly HistoryEvent[], fault: string): TransactionsHit[] {
  const processes = new Map<string, string>()
  const byId = new Map<number, Seen>()
  /** The last transaction of each process. */
  const latest = new Map<string, { readonly name: string; readonly seen: Seen }>()
  const hits: TransactionsHit[] = []
  const count = (of: (seen: Seen) => boolean): TransactionsHit => {
    const hit = [...latest.values()].map(({ seen }) => seen).filter((seen) => seen.acknowledged && of(seen))
    return { open: hit.filter(({ stage }) => stage === 'open').length, ending: hit.filter(({ stage }) => stage === 'ending').length }
  }
  const seenOf = (client: string, name: string): Seen => {
    const process = processes.get(client) ?? client
    const known = latest.get(process)
    if (known?.name === name) return known.seen
    const seen: Seen = { process, acknowledged: false, stage: 'open' }
    latest.set(process, { name, seen })
    return seen
  }
  for (const event of events) {
    if (event.type === 'open') processes.set(event.client, event.process)
    else if (event.type === 'crash') {
      hits.push(count(({ process }) => process === event.process))
      latest.delete(event.process)
    } else if (event.type === 'fault' && event.fault === fault && event.phase === 'start') hits.push(count(() => true))
    else if (event.type === 'invoke' && 'transaction' in event && event.transaction !== undefined) {
      const seen = seenOf(event.client, event.transaction)
      byId.set(event.id, seen)
      if (event.op === 'end') seen.stage = 'ending'
    } else if (event.type === 'ok' && event.op === 'send') {
      const seen = byId.get(event.id)
      if (seen !== undefined) seen.acknowledged = true
    } else if ((event.type === 'ok' && event.op === 'end') || event.type === 'info') {
      const seen = byId.get(event.id)
      if (seen?.stage === 'ending') seen.stage = 'over'
    }
  }
  return hits
}
