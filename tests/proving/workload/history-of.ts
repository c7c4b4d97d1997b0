/** Makes one history of what client processes wrote down and what a topic was then found to hold. */

import type { FaultEvent, HistoryEvent, Isolation } from '@odradek/history'
import { HISTORY_VERSION } from '@odradek/history'
import type { JournalEntry } from './journal.ts'
import type { FoundPartition } from './read-back.ts'

/** A life of a client process that produced. */
export interface ProducerLife {
  readonly client: string
  readonly entries: readonly JournalEntry[]
  /** When it was killed; undefined of one that ended by itself. */
  readonly killedAtMs?: number
}

export interface TopicStory {
  readonly topic: string
  /** All idempotent, with acks=all. */
  readonly producers: readonly ProducerLife[]
  readonly found: readonly FoundPartition[]
}

/** Brokers that are down, and the like: in between clients need not get on. */
export type Trouble = Omit<FaultEvent, 'type'>

export function historyOf(source: string, topics: readonly TopicStory[], troubles: readonly Trouble[] = []): HistoryEvent[] {
  let lastId = 0
  const nextId = (): number => ++lastId
  const faults = troubles.map((trouble): TimedEvent => ({ type: 'fault', ...trouble }))
  const sends = topics.flatMap(({ topic, producers }) => producers.flatMap((producer) => producerEvents(topic, producer, nextId)))
  const events = [...faults, ...sends]
  // Stable: a send stays before its outcome, and the sends of a client in their order.
  events.sort((left, right) => left.timeMs - right.timeMs)
  const fromMs = events[0]?.timeMs ?? 0
  const toMs = events.at(-1)?.timeMs ?? 0
  return [
    { type: 'history', version: HISTORY_VERSION, source },
    ...topics.map(({ topic, found }): HistoryEvent => ({ type: 'topic', timeMs: fromMs, topic, partitions: found.length })),
    ...events,
    ...topics.flatMap(({ topic, found }) =>
      readerEvents({ topic, found, client: `reader of ${topic}`, isolation: 'read_uncommitted' }, toMs, nextId),
    ),
  ]
}

/** All but the first of a history. */
export type TimedEvent = Exclude<HistoryEvent, { type: 'history' }>

function producerEvents(topic: string, { client, entries, killedAtMs }: ProducerLife, nextId: () => number): TimedEvent[] {
  const ids = new Map<string, number>()
  const openedMs = Math.min(entries[0]?.timeMs ?? Infinity, killedAtMs ?? Infinity)
  if (openedMs === Infinity) return []
  const events: TimedEvent[] = [
    { type: 'open', role: 'producer', timeMs: openedMs, client, process: client, acks: 'all', idempotent: true },
  ]
  for (const { timeMs, kind, name, partition, offset, error } of entries) {
    const id = ids.get(name) ?? nextId()
    ids.set(name, id)
    if (kind === 'sent') events.push({ type: 'invoke', op: 'send', timeMs, id, client, topic, partition, value: name })
    else if (kind === 'ok') events.push({ type: 'ok', op: 'send', timeMs, id, partition, offset })
    else events.push({ type: 'info', timeMs, id, error })
  }
  if (killedAtMs !== undefined) events.push({ type: 'crash', timeMs: Math.max(killedAtMs, lastTime(entries)), process: client })
  return events
}

/** Outcomes are written down a moment after they came. */
function lastTime(entries: readonly JournalEntry[]): number {
  return entries.reduce((last, { timeMs }) => Math.max(last, timeMs), 0)
}

/** What somebody has found by reading a topic from its beginning to its end. */
export function readerEvents(
  { topic, found, client, isolation }: Omit<TopicStory, 'producers'> & { readonly client: string; readonly isolation: Isolation },
  timeMs: number,
  nextId: () => number,
): TimedEvent[] {
  const [poll, bounds] = [nextId(), nextId()]
  const fetched = found.map(({ partition, offsets, names }) => ({ topic, partition, offsets, values: names }))
  const ends = found.map(({ partition, offsets }) => ({ topic, partition, end: (offsets.at(-1) ?? -1) + 1 }))
  return [
    { type: 'open', role: 'consumer', timeMs, client, process: client, isolation, reset: 'earliest' },
    { type: 'assigned', timeMs, client, partitions: found.map(({ partition }) => ({ topic, partition })), manual: true },
    { type: 'invoke', op: 'poll', timeMs, id: poll, client },
    { type: 'ok', op: 'poll', timeMs, id: poll, fetched: fetched.filter(({ offsets }) => offsets.length > 0) },
    { type: 'invoke', op: 'bounds', timeMs, id: bounds, client, isolation },
    { type: 'ok', op: 'bounds', timeMs, id: bounds, bounds: ends },
  ]
}
