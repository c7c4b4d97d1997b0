/** A clock that moves only when a test moves it. */

import type { Clock, Timer } from '@odradek/runtime'

interface Pending {
  readonly dueMs: number
  readonly sequence: number
  readonly fire: () => void
}

export class ManualClock implements Clock {
  #elapsedMs = 0
  #sequence = 0
  readonly #epochMs: number
  readonly #pending = new Set<Pending>()

  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs
  }

  get pendingTimers(): number {
    return this.#pending.size
  }

  nowMs(): number {
    return this.#epochMs + this.#elapsedMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const pending: Pending = { dueMs: this.#elapsedMs + delayMs, sequence: this.#sequence++, fire }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  defer(run: () => void): void {
    queueMicrotask(run)
  }

  /** Fires what is due on the way, in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#elapsedMs + ms
    for (let next = this.#next(targetMs); next !== undefined; next = this.#next(targetMs)) {
      this.#pending.delete(next)
      this.#elapsedMs = next.dueMs
      next.fire()
      await settle()
    }
    this.#elapsedMs = targetMs
    await settle()
  }

  #next(targetMs: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.dueMs > targetMs) continue
      const isEarlier =
        first === undefined || pending.dueMs < first.dueMs || (pending.dueMs === first.dueMs && pending.sequence < first.sequence)
      if (isEarlier) first = pending
    }
    return first
  }
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
