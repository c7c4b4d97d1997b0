/** Holds work back to so many bytes a second. */

import type { Clock } from '@odradek/runtime'

/** No single wait is longer, so that whoever ends the work need not wait for it. */
const MAX_WAIT_MS = 1000

export class Pace {
  readonly #clock: Clock
  /** When all that was taken has been paid for, in monotonic milliseconds. */
  #paidUntilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when `bytes` may be read or written, or when the work `isOver`. */
  async take(bytes: number, bytesPerSecond: number, isOver: () => boolean): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    const startMs = Math.max(this.#paidUntilMs, nowMs)
    this.#paidUntilMs = startMs + (bytes / bytesPerSecond) * 1000
    for (let waitMs = startMs - nowMs; waitMs > 0 && !isOver(); waitMs = startMs - this.#clock.monotonicMs()) {
      await new Promise<void>((resolve) => {
        this.#clock.setTimer(Math.min(waitMs, MAX_WAIT_MS), resolve, true)
      })
    }
  }
}
