/** The memory that requests in progress may hold, over all connections: beyond it no further request is started. */

export class RequestBudget {
  readonly #maxBytes: number
  #usedBytes = 0
  #waiting: (() => void)[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** False when nothing may start now; a single request larger than the whole budget may start when nothing else runs. */
  get isOpen(): boolean {
    return this.#usedBytes < this.#maxBytes
  }

  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiting.length === 0 || !this.isOpen) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Calls `resume` once, when the budget is open again. */
  whenOpen(resume: () => void): void {
    this.#waiting.push(resume)
  }
}
