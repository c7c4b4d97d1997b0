/** Something to wait on: a notification that nobody waits for is kept for the next who does. */

import type { Clock } from '@odradek/runtime'

export class Signal {
  readonly #clock: Clock
  #isSet = false
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  notify(): void {
    this.#isSet = true
    this.#wake?.()
  }

  /** Resolves at the next notification, or after `timeoutMs`. One waiter at a time. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(timeoutMs, resolve)
        this.#wake = () => {
          timer.cancel()
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#isSet = false
  }
}
