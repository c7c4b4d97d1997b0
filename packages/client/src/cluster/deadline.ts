/** Bounds on waiting, in monotonic milliseconds. */

import type { Clock } from '@odradek/runtime'
import { TimeoutError } from '../errors/kafka-error.ts'

/** Settles as `promise` does, or rejects with TimeoutError at `deadlineMs`. What `promise` does later is ignored. `message` is asked for then. */
export function withDeadline<T>(
  clock: Clock,
  promise: Promise<T>,
  deadlineMs: number,
  message: string | (() => string),
  cause?: () => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(Math.max(0, deadlineMs - clock.monotonicMs()), () => {
      reject(new TimeoutError(typeof message === 'string' ? message : message(), { cause: cause?.() }))
    })
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
