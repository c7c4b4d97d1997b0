/** Where a reset goes to, read off the options of the command line. */

import { UsageError } from '../../../errors.ts'
import { parseDurationMs, parseTimeMs } from '../../../records/start-position.ts'

export interface TargetOptions {
  readonly toEarliest?: boolean
  readonly toLatest?: boolean
  readonly toCurrent?: boolean
  readonly toOffset?: number
  readonly toDatetime?: string
  readonly byDuration?: string
  readonly shiftBy?: number
  readonly fromFile?: string
}

export type ResetTarget =
  | { readonly kind: 'earliest' | 'latest' | 'current' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** The first record at or after this time, in ms since the epoch; the end where there is none. */
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'file'; readonly path: string }

export const targetFlags =
  '--to-earliest, --to-latest, --to-current, --to-offset N, --to-datetime TIME, --by-duration PT1H, --shift-by N or --from-file FILE'

/** Throws UsageError unless exactly one is given. */
export function resetTarget(options: TargetOptions, nowMs: number): ResetTarget {
  const targets: ResetTarget[] = []
  if (options.toEarliest === true) targets.push({ kind: 'earliest' })
  if (options.toLatest === true) targets.push({ kind: 'latest' })
  if (options.toCurrent === true) targets.push({ kind: 'current' })
  if (options.toOffset !== undefined) targets.push({ kind: 'offset', offset: options.toOffset })
  if (options.toDatetime !== undefined) targets.push({ kind: 'time', timestampMs: timeMs(options.toDatetime) })
  if (options.byDuration !== undefined)
    targets.push({ kind: 'time', timestampMs: Math.max(0, nowMs - parseDurationMs(options.byDuration)) })
  if (options.shiftBy !== undefined) targets.push({ kind: 'shift', by: options.shiftBy })
  if (options.fromFile !== undefined) targets.push({ kind: 'file', path: options.fromFile })
  const [target] = targets
  if (target === undefined) throw new UsageError(`say where to: ${targetFlags}`)
  if (targets.length > 1) throw new UsageError(`say one thing only of ${targetFlags}`)
  return target
}

function timeMs(text: string): number {
  try {
    return parseTimeMs(text)
  } catch {
    throw new UsageError(`"${text}" is no time; write for example 2026-01-31T12:00:00Z`)
  }
}
