/** Bounds on waiting, in monotonic milliseconds. */

import type { Clock } from '@odradek/runtime'
import { TimeoutError } from '../errors/kafka-error.ts'

/** Settles as `promise` does, or rejects with TimeoutError at `deadlineMs`. What `promise` does later is ignored. */
export function withDeadline<T>(clock: Clock, promise: Promise<T>, deadlineMs: number, what: string, cause?: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(Math.max(0, deadlineMs - clock.monotonicMs()), () => reject(new TimeoutError(what, { cause: cause?.() })))
    promise.then(
      (value) => {
        timer.cancel()
        resolve(value)
      },
      (error: Error) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}
