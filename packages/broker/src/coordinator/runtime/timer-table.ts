/** Named timers of one shard. Moving a deadline later costs a map write, not a new timer: heartbeats do that all day. */

import type { Clock, Timer } from '@odradek/runtime'

interface Entry {
  deadlineMs: number
  timer: Timer
  /** When `timer` fires; never after `deadlineMs`. */
  armedForMs: number
  fire: () => void
}

export class TimerTable {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.size
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** Replaces the timer of that name. */
  set(name: string, delayMs: number, fire: () => void): void {
    const deadlineMs = this.#clock.monotonicMs() + delayMs
    const entry = this.#entries.get(name)
    if (entry !== undefined && entry.armedForMs <= deadlineMs) {
      entry.deadlineMs = deadlineMs
      entry.fire = fire
      return
    }
    entry?.timer.cancel()
    this.#entries.set(name, { deadlineMs, armedForMs: deadlineMs, fire, timer: this.#arm(name, delayMs) })
  }

  cancel(name: string): void {
    this.#entries.get(name)?.timer.cancel()
    this.#entries.delete(name)
  }

  clear(): void {
    for (const entry of this.#entries.values()) entry.timer.cancel()
    this.#entries.clear()
  }

  #arm(name: string, delayMs: number): Timer {
    return this.#clock.setTimer(delayMs, () => this.#elapsed(name), true)
  }

  #elapsed(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    // A timer may come a fraction early; below a millisecond it counts as due, or it would spin.
    const remainingMs = entry.deadlineMs - this.#clock.monotonicMs()
    if (remainingMs >= 1) {
      entry.armedForMs = entry.deadlineMs
      entry.timer = this.#arm(name, remainingMs)
      return
    }
    this.#entries.delete(name)
    entry.fire()
  }
}
