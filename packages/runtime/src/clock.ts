/** The seam to time: wall clock, monotonic clock, timers and yielding to the event loop. */

export interface Timer {
  /** Stops the timer; a no-op once it has fired or been cancelled. */
  cancel(): void
}

export interface Clock {
  /** Wall-clock time in whole milliseconds since the epoch. May step backwards. */
  nowMs(): number
  /** Milliseconds from an arbitrary origin, fractional, never decreasing. For durations and deadlines. */
  monotonicMs(): number
  /** Calls `fire` once, `delayMs` from now. A pending timer does not keep the process alive when `background` is true. */
  setTimer(delayMs: number, fire: () => void, background?: boolean): Timer
  /** Calls `run` after the I/O that is already waiting has been served (Node's setImmediate). */
  defer(run: () => void): void
}
