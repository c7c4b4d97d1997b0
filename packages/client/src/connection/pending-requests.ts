/** The requests of a connection that are not answered yet, in the order sent, with one timer for all their deadlines. */

import type { Reader } from '@odradek/protocol'
import type { Clock, Timer } from '@odradek/runtime'
import type { Exchange } from '../metrics/network-metrics.ts'

export interface PendingRequest {
  readonly correlationId: number
  readonly exchange: Exchange
  readonly sentMs: number
  readonly deadlineMs: number
  /** Called with the frame's bytes, header included. Throwing means that the frame is malformed. */
  readonly onFrame: (reader: Reader) => void
  readonly onError: (error: Error) => void
}

export class PendingRequests {
  readonly #clock: Clock
  readonly #onOverdue: (request: PendingRequest) => void
  #queue: PendingRequest[] = []
  #timer: Timer | undefined
  #timerMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, onOverdue: (request: PendingRequest) => void) {
    this.#clock = clock
    this.#onOverdue = onOverdue
  }

  get size(): number {
    return this.#queue.length
  }

  push(request: PendingRequest): void {
    this.#queue.push(request)
    if (request.deadlineMs < this.#timerMs) this.#arm(request.deadlineMs)
  }

  /** When the oldest was sent; undefined when all are answered. */
  get oldestSentMs(): number | undefined {
    return this.#queue[0]?.sentMs
  }

  /** The oldest, which is the one that the next response answers. */
  shift(): PendingRequest | undefined {
    return this.#queue.shift()
  }

  /** Empties the queue, stops the timer. */
  drain(): PendingRequest[] {
    const drained = this.#queue
    this.#queue = []
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
    return drained
  }

  #arm(deadlineMs: number): void {
    this.#timer?.cancel()
    this.#timerMs = deadlineMs
    this.#timer = this.#clock.setTimer(Math.max(0, deadlineMs - this.#clock.monotonicMs()), () => this.#check(), true)
  }

  #check(): void {
    this.#timer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
    const now = this.#clock.monotonicMs()
    let earliest = Number.POSITIVE_INFINITY
    for (const request of this.#queue) {
      if (request.deadlineMs <= now) {
        this.#onOverdue(request)
        return
      }
      earliest = Math.min(earliest, request.deadlineMs)
    }
    if (earliest !== Number.POSITIVE_INFINITY) this.#arm(earliest)
  }
}
