/**
 * Journals: what a client process wrote down of its sends, one line each. `MS sent NAME PARTITION` before the send, then
 * `MS ok NAME PARTITION OFFSET` or `MS failed NAME ERROR`. Milliseconds are of the machine's monotonic clock, the same for all processes.
 */

const MAX_PADDING = 90

export function valueOf(name: string, number: number, valueBytes?: number): string {
  return valueBytes === undefined ? `${name} ${'x'.repeat(number % MAX_PADDING)}` : `${name} `.padEnd(valueBytes, 'x')
}

export function sentLine(name: string, partition: number): string {
  return `${monotonicMs()} sent ${name} ${partition}\n`
}

export function settledLine(name: string, partition: number, offset: number): string {
  return `${monotonicMs()} ok ${name} ${partition} ${offset}\n`
}

export function failedLine(name: string, error: string): string {
  return `${monotonicMs()} failed ${name} ${error.replaceAll('\n', ' ')}\n`
}

/** The clock of journals. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

export interface JournalEntry {
  readonly timeMs: number
  readonly kind: 'sent' | 'ok' | 'failed'
  readonly name: string
  /** −1 with `failed`. */
  readonly partition: number
  /** −1 with `sent` and `failed`. */
  readonly offset: number
  /** Empty but with `failed`. */
  readonly error: string
}

/** Reads a journal; a last line that is half written is left out. Throws RangeError for any other that is not one. */
export function parseJournal(text: string): JournalEntry[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  lines.pop()
  return lines.map((line) => {
    const [, ms, kind, name = '', rest = ''] = /^([\d.]+) (sent|ok|failed) (\S+) (.*)$/.exec(line) ?? []
    const timeMs = Number(ms)
    if (kind === 'failed') return { timeMs, kind, name, partition: -1, offset: -1, error: rest }
    const [partition, offset] = rest.split(' ').map(Number)
    if (kind === 'sent') return { timeMs, kind, name, partition: partition ?? -1, offset: -1, error: '' }
    if (kind === 'ok') return { timeMs, kind, name, partition: partition ?? -1, offset: offset ?? -1, error: '' }
    throw new RangeError(`no line of a journal: ${line}`)
  })
}

/** How many records were under way at each of these times, which ascend. */
export function inFlightAt(entries: readonly JournalEntry[], timesMs: readonly number[]): number[] {
  const ordered = entries.toSorted((left, right) => left.timeMs - right.timeMs)
  let inFlight = 0
  let next = 0
  return timesMs.map((timeMs) => {
    for (let entry = ordered[next]; entry !== undefined && entry.timeMs < timeMs; entry = ordered[++next]) {
      inFlight += entry.kind === 'sent' ? 1 : -1
    }
    return inFlight
  })
}
