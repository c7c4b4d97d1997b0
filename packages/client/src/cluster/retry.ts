/** Trying again within a deadline, as the table of broker errors and the error classes say. */

import { KafkaError, TimeoutError } from '../errors/kafka-error.ts'
import { backoffMs, sleep } from './backoff.ts'
import type { Cluster } from './cluster.ts'
import { withDeadline } from './deadline.ts'

/**
 * Runs `attempt` until it succeeds or fails for good; a retriable KafkaError is followed by a pause. Rejects with TimeoutError, whose cause
 * is the last failure, at `deadlineMs`. `what` reads "<what> took longer than …".
 */
export async function retryUntil<T>(cluster: Cluster, deadlineMs: number, what: string, attempt: () => Promise<T>): Promise<T> {
  const { clock, random } = cluster.runtime
  const { retryBackoffMs, retryBackoffMaxMs } = cluster.config
  const startMs = cluster.nowMs()
  let last: KafkaError | undefined
  const message = (): string =>
    `${what} took longer than ${Math.round(deadlineMs - startMs)} ms${last === undefined ? '' : `: ${last.message}`}`
  let isLate = false
  const late = (): string => {
    isLate = true
    return message()
  }
  for (let failures = 0; ; failures++) {
    try {
      return await withDeadline(clock, attempt(), deadlineMs, late, () => last)
    } catch (error) {
      // Timers may fire early by less than a millisecond: the clock does not tell.
      if (isLate || !(error instanceof KafkaError) || !error.retriable) throw error
      if (cluster.nowMs() >= deadlineMs) throw error instanceof TimeoutError ? error : new TimeoutError(message(), { cause: error })
      last = error
    }
    const pauseMs = backoffMs(retryBackoffMs, retryBackoffMaxMs, failures, random)
    await sleep(clock, Math.max(0, Math.min(pauseMs, deadlineMs - cluster.nowMs())))
    if (cluster.nowMs() >= deadlineMs) throw new TimeoutError(message(), { cause: last })
  }
}
