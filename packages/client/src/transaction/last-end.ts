/**
 * The end of the transaction before, in the second protocol. The coordinator answers when it is decided, and writes the markers after that; what
 * begins meanwhile is held by Apache Kafka in steps of 20 ms (`add.partitions.to.txn.retry.backoff.ms`), though it takes a few. Where that
 * is seen to happen, the coordinator is asked whether it is over, which costs a round trip.
 */

export interface LastEndOptions {
  readonly nowMs: () => number
  readonly pause: (ms: number) => Promise<void>
  /** Whether the coordinator is still writing markers. */
  readonly isEnding: () => Promise<boolean>
}

const holdMs = 20
/** One that was late may have had other reasons. */
const lateInARow = 2
const askEveryMs = 1
/** Then the broker gives up its own waiting, and says so. */
const askMostMs = 100

export class LastEnd {
  readonly #options: LastEndOptions
  #endedMs = Number.NEGATIVE_INFINITY
  /** Of the transaction that has begun right after the one before. */
  #beganMs: number | undefined
  #isOver = true
  #late = 0
  #asking: Promise<void> | undefined

  constructor(options: LastEndOptions) {
    this.#options = options
  }

  /** A transaction has been ended: EndTxn is answered. */
  onEnded(): void {
    this.#endedMs = this.#options.nowMs()
    this.#isOver = false
  }

  /** Call before anything is sent in a transaction. Undefined when it may be; what is returned never rejects. */
  wait(): Promise<void> | undefined {
    if (this.#isOver) return undefined
    const nowMs = this.#options.nowMs()
    const isSoon = nowMs - this.#endedMs < holdMs
    if (isSoon && this.#late >= lateInARow) return (this.#asking ??= this.#untilOver())
    this.#isOver = true
    this.#beganMs = isSoon ? nowMs : undefined
    return undefined
  }

  /** All that was sent in the transaction is answered. */
  onAnswered(): void {
    if (this.#beganMs === undefined || this.#late >= lateInARow) return
    const isLate = this.#options.nowMs() - this.#beganMs >= holdMs
    this.#late = isLate ? this.#late + 1 : 0
    this.#beganMs = undefined
  }

  async #untilOver(): Promise<void> {
    const { nowMs, pause, isEnding } = this.#options
    try {
      while (nowMs() - this.#endedMs < askMostMs && (await isEnding())) await pause(askEveryMs)
    } catch {
      // The broker will say what is wrong when it is sent to.
    }
    this.#isOver = true
    this.#asking = undefined
  }
}
