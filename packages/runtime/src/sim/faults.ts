/** Owns what can go wrong: the kinds of faults, and the count of each that really happened. */

export const faultKinds = [
  'bit-flipped',
  'clock-stepped',
  'connect-refused',
  'connect-timed-out',
  'connection-cut',
  'connection-half-open',
  'disk-full',
  'entry-change-lost',
  'name-lookup-failed',
  'power-lost',
  'process-killed',
  'response-lost',
  'segment-blocked',
  'segment-slowed',
  'segment-stalled',
  'sync-failed',
  'sync-slowed',
  'write-failed',
  'write-lost',
  'write-torn',
] as const

export type FaultKind = (typeof faultKinds)[number]

/** Counts faults when they take effect, not when they are asked for: a cut with no connection to cut is not counted. */
export class FaultCounters {
  readonly #counts = new Map<FaultKind, number>()

  record(kind: FaultKind): void {
    this.#counts.set(kind, this.count(kind) + 1)
  }

  count(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Those that happened, by name. */
  all(): Partial<Record<FaultKind, number>> {
    const counts: Partial<Record<FaultKind, number>> = {}
    for (const kind of faultKinds) if (this.#counts.has(kind)) counts[kind] = this.count(kind)
    return counts
  }

  /** Throws when one of the kinds never happened: a test of a fault that did not fire proves nothing. */
  assertFired(...kinds: FaultKind[]): void {
    const missing = kinds.filter((kind) => this.count(kind) === 0)
    if (missing.length > 0) throw new Error(`faults that never fired: ${missing.join(', ')}; fired: ${JSON.stringify(this.all())}`)
  }
}
