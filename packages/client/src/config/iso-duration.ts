/** ISO 8601 durations as `java.time.Duration` reads them: days, hours, minutes and seconds. */

const DURATION = /^([+-])?P(?=.)(?:([+-]?\d+)D)?(?:T(?=.)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{0,9})?)S)?)?$/i
const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Milliseconds, rounded down; undefined when `text` is no duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text)
  if (match === null) return undefined
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0'] = match
  const ms =
    Number(days) * DAY_MS +
    Number(hours) * HOUR_MS +
    Number(minutes) * MINUTE_MS +
    Math.floor(Number(seconds.replace(',', '.')) * SECOND_MS)
  return sign === '-' ? -ms : ms
}
