/** One direction of a connection: what happens to its bytes, strictly one step after another. */

import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const MAX_WAITING_BYTES = 4 * 1024 * 1024
const THROTTLE_TICK_MS = 20

type Step = () => Promise<void> | void

export interface LaneEnds {
  /** Read no further while too much waits. */
  readonly source: Socket
  readonly target: Socket
  /** Resolves when bytes may pass; undefined when they may at once. */
  readonly gate: () => Promise<void> | undefined
  /** Ends what sleeps. */
  readonly closed: AbortSignal
  readonly onError: (error: unknown) => void
}

export class Lane {
  readonly #ends: LaneEnds
  #last: Promise<void> = Promise.resolve()
  #waitingBytes = 0
  /** Infinity: as fast as it goes. */
  bytesPerSecond: number = Infinity
  /** Half open: what is written vanishes. */
  isSwallowing: boolean = false

  constructor(ends: LaneEnds) {
    this.#ends = ends
  }

  /** Runs the step after those before it; `sizeBytes` is what it holds in memory until then. */
  push(sizeBytes: number, step: Step): void {
    this.#waitingBytes += sizeBytes
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#ends.source.pause()
    this.#last = this.#last.then(() => this.#run(sizeBytes, step))
  }

  /** Within a step: hands bytes to the target, at the lane's speed. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.isSwallowing) return
    for (const chunk of chunks) {
      const sliceBytes = Math.max(1, Math.min(chunk.length, Math.floor((this.bytesPerSecond * THROTTLE_TICK_MS) / 1000)))
      for (let at = 0; at < chunk.length; at += sliceBytes) {
        await this.#ends.gate()
        if (this.#ends.closed.aborted) return
        await this.#deliver(chunk.subarray(at, at + sliceBytes))
        if (this.bytesPerSecond !== Infinity) await this.sleep((sliceBytes * 1000) / this.bytesPerSecond)
      }
    }
  }

  /** Within a step: resolves after the time, or at once when the connection ends. */
  async sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ends.closed }).catch(() => undefined)
  }

  async #run(sizeBytes: number, step: Step): Promise<void> {
    try {
      await this.#ends.gate()
      if (!this.#ends.closed.aborted) await step()
    } catch (error) {
      this.#ends.onError(error)
    }
    this.#waitingBytes -= sizeBytes
    if (this.#waitingBytes <= MAX_WAITING_BYTES / 2) this.#ends.source.resume()
  }

  #deliver(bytes: Uint8Array): Promise<void> {
    // A target that has failed says so by its own event.
    return new Promise((resolve) => {
      this.#ends.target.write(bytes, () => resolve())
    })
  }
}
