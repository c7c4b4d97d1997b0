/** Knows when the cluster was well: clients must get on with their work only then. */

import type { FaultEvent } from '../format/events.ts'

export class Health {
  readonly #active = new Map<string, number>()
  #wellSinceMs = -Infinity
  /** Line of the last event about a fault; 0 = there was none. */
  lastFaultLine = 0
  faults = 0

  get isWell(): boolean {
    return this.#active.size === 0
  }

  /** How long, until `nowMs`, all has been well since `sinceMs`; 0 during a fault. */
  wellForMs(sinceMs: number, nowMs: number): number {
    return this.isWell ? nowMs - Math.max(sinceMs, this.#wellSinceMs) : 0
  }

  apply({ fault, target, phase, timeMs }: FaultEvent, line: number): void {
    const key = `${fault} ${target ?? ''}`
    const count = this.#active.get(key) ?? 0
    if (phase === 'start') this.#active.set(key, count + 1)
    else if (phase === 'end' && count > 1) this.#active.set(key, count - 1)
    else if (phase === 'end') this.#active.delete(key)
    if (phase !== 'end') this.faults += 1
    this.#wellSinceMs = timeMs
    this.lastFaultLine = line
  }
}
