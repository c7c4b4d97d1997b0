/** Where reading starts: `--from earliest|latest|OFFSET|-N|ISO-TIME|PT5M`. */

import { UsageError } from '../errors.ts'

export type StartPosition =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The last `count` records of each partition. */
  | { readonly kind: 'tail'; readonly count: number }
  /** The first record at or after this time, in ms since the epoch. */
  | { readonly kind: 'time'; readonly timestampMs: number }

export function parseStartPosition(text: string, nowMs: number): StartPosition {
  if (text === 'earliest' || text === 'beginning') return { kind: 'earliest' }
  if (text === 'latest' || text === 'end') return { kind: 'latest' }
  if (/^\d+$/.test(text)) return { kind: 'offset', offset: safeInteger(text) }
  if (/^-\d+$/.test(text)) return { kind: 'tail', count: safeInteger(text.slice(1)) }
  if (/^-?P/i.test(text)) return { kind: 'time', timestampMs: Math.max(0, nowMs - parseDurationMs(text)) }
  return { kind: 'time', timestampMs: parseTimeMs(text) }
}

function safeInteger(digits: string): number {
  const value = Number(digits)
  if (!Number.isSafeInteger(value)) throw new UsageError(`${digits} is too large for an offset`)
  return value
}

const duration = /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i
const unitsMs = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000] as const

/** An ISO 8601 duration without years and months, whose lengths vary. */
export function parseDurationMs(text: string): number {
  const parts = duration.exec(text)?.slice(1)
  if (parts === undefined || parts.every((part) => part === undefined)) {
    throw new UsageError(`"${text}" is not a duration; write for example PT5M (five minutes), PT2H30M or P1D`)
  }
  return Math.round(parts.reduce((total, part, index) => total + Number(part ?? 0) * (unitsMs[index] ?? 0), 0))
}

/** An ISO 8601 time; without a zone it is local time, as Kafka's `--to-datetime` has it. */
export function parseTimeMs(text: string): number {
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(parsed)) {
    throw new UsageError(
      `"${text}" is no start: give earliest, latest, an offset, -N for the last N, a time such as 2026-01-31T12:00:00Z, or a duration such as PT5M`,
    )
  }
  // Negative times mean something else to brokers.
  return Math.max(0, parsed)
}
