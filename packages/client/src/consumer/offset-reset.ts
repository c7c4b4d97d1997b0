/** Where a consumer starts that has no usable offset: `auto.offset.reset`, and the ends that a seek may ask for. */

import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP } from '../cluster/list-offsets.ts'
import { parseDurationMs } from '../config/iso-duration.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { ConfigError } from '../errors/kafka-error.ts'

/** `durationMs`: the first record that is no older (KIP-1106). */
export type ResetTo = 'earliest' | 'latest' | { readonly durationMs: number }

const DURATION_PREFIX = 'by_duration:'

/** Undefined for 'none'. Throws ConfigError when the duration is not one. */
export function parseOffsetReset(value: ConsumerValues['autoOffsetReset']): ResetTo | undefined {
  if (value === 'none') return undefined
  if (value === 'earliest' || value === 'latest') return value
  const durationMs = parseDurationMs(value.slice(DURATION_PREFIX.length))
  if (durationMs === undefined || durationMs < 0) {
    throw new ConfigError(
      `auto.offset.reset is '${value}'; after by_duration: comes an ISO 8601 duration of at least zero, such as PT1H or P3D`,
    )
  }
  return { durationMs }
}

/** What to ask a leader for. `nowMs` is the time of day. */
export function resetTimestamp(to: ResetTo, nowMs: number): number {
  if (to === 'earliest') return EARLIEST_TIMESTAMP
  if (to === 'latest') return LATEST_TIMESTAMP
  return Math.max(0, nowMs - to.durationMs)
}
