/** Asking the next candidate when the one before it keeps silent, so that one that hangs holds up nobody. */

import type { Clock, Timer } from '@odradek/runtime'

export interface HedgedOptions {
  readonly clock: Clock
  /** Milliseconds that a candidate may keep silent before the next is asked too. */
  readonly patienceMs: number
  /** How many may be asked at the same time. */
  readonly maxAtOnce: number
  /** Whether another candidate may do better; when false the error is the outcome. */
  readonly mayTryNext: (error: unknown) => boolean
}

/**
 * Settles as the first attempt that succeeds, or as the last that fails once all have. Candidates are tried in order: the next when one fails,
 * or when none has answered within `patienceMs`. What the others answer afterwards is ignored.
 */
export function hedged<C, T>(candidates: readonly C[], attempt: (candidate: C) => Promise<T>, options: HedgedOptions): Promise<T> {
  const { clock, patienceMs, maxAtOnce } = options
  return new Promise((resolve, reject) => {
    let next = 0
    let underWay = 0
    let isSettled = false
    let timer: Timer | undefined

    const tryNext = (): void => {
      timer?.cancel()
      timer = undefined
      const candidate = candidates[next]
      if (isSettled || candidate === undefined) return
      next++
      underWay++
      if (next < candidates.length && underWay < maxAtOnce) timer = clock.setTimer(patienceMs, tryNext)
      attempt(candidate).then(onSuccess, onFailure)
    }
    const onSuccess = (value: T): void => {
      isSettled = true
      timer?.cancel()
      resolve(value)
    }
    const onFailure = (error: Error): void => {
      underWay--
      if (isSettled) return
      const isOver = !options.mayTryNext(error) || (next === candidates.length && underWay === 0)
      if (!isOver) {
        tryNext()
        return
      }
      isSettled = true
      timer?.cancel()
      reject(error)
    }
    tryNext()
  })
}
