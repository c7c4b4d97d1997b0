/** A wait that may be cut short: the earliest of the times that were set ends it. */

import type { Clock, Timer } from '@odradek/runtime'

export class Patience {
  /** Resolves when the time is up; never, if none is set. */
  readonly ended: Promise<void>
  readonly #clock: Clock
  #end: () => void = () => undefined
  #timer: Timer | undefined
  #untilMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Monotonic; a later time than the one that is set changes nothing. */
  until(untilMs: number): void {
    if (untilMs >= this.#untilMs) return
    this.#untilMs = untilMs
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(Math.max(0, untilMs - this.#clock.monotonicMs()), this.#end)
  }

  /** The wait is over: no time matters any more. */
  cancel(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY
    this.#timer?.cancel()
  }
}
