/** Time that stands still until a test moves it. */

import type { Clock, Timer } from '@odradek/runtime'

interface Entry {
  readonly atMs: number
  readonly order: number
  readonly fire: () => void
}

/** Lets everything that is ready run, promises and callbacks alike. */
export async function settle(rounds = 8): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
  }
}

export class ManualClock implements Clock {
  #nowMs = 1000
  #order = 0
  readonly #timers = new Set<Entry>()

  nowMs(): number {
    return 1_700_000_000_000 + Math.floor(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire }
    this.#timers.add(entry)
    return {
      cancel: () => {
        this.#timers.delete(entry)
      },
    }
  }

  defer(run: () => void): void {
    setImmediate(run)
  }

  /** Moves on, stopping at every timer on the way. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs
    await settle()
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#timers.delete(next)
      next.fire()
      await settle()
    }
    this.#nowMs = untilMs
  }

  /** Time goes by in which nothing runs, as in a process that is stopped: timers that are due fire with the next `advance`. */
  sleep(forMs: number): void {
    this.#nowMs += forMs
  }

  #next(untilMs: number): Entry | undefined {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs)
    return due.sort((left, right) => left.atMs - right.atMs || left.order - right.order)[0]
  }
}
