/** The machine's clock and Node's timers. */

import type { Clock, Timer } from '../clock.ts'

/** Node fires a longer timeout at once. */
const MAX_TIMEOUT_MS = 2_147_483_647

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, fire, background = false) => new NodeTimer(delayMs, fire, background),
  defer: (run) => {
    setImmediate(run)
  },
}

class NodeTimer implements Timer {
  #handle: NodeJS.Timeout | undefined

  constructor(delayMs: number, fire: () => void, background: boolean) {
    this.#start(Math.max(0, delayMs), fire, background)
  }

  cancel(): void {
    clearTimeout(this.#handle)
    this.#handle = undefined
  }

  #start(delayMs: number, fire: () => void, background: boolean): void {
    const handle =
      delayMs > MAX_TIMEOUT_MS
        ? setTimeout(() => this.#start(delayMs - MAX_TIMEOUT_MS, fire, background), MAX_TIMEOUT_MS)
        : setTimeout(fire, delayMs)
    if (background) handle.unref()
    this.#handle = handle
  }
}
