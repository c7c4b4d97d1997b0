/** Waiting between attempts: exponential, with jitter (KIP-580). */

import type { Clock, Random } from '@odradek/runtime'

const JITTER = 0.2

/** Milliseconds before attempt `failures` + 1, 20 % more or less. */
export function backoffMs(firstMs: number, maxMs: number, failures: number, random: Random): number {
  const exponential = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30))
  return exponential * (1 - JITTER + 2 * JITTER * random.next())
}

export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(delayMs, resolve)
  })
}
