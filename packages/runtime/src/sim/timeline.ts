/**
 * Owns virtual time: what is to happen next, and the loop that makes it happen.
 *
 * One event runs, then everything that follows from it through promises runs to its end, then the next event's time
 * becomes now. "To its end" is had by waiting for one real `setImmediate` between events: Node drains the microtask queue
 * completely, microtasks queued by microtasks included, before it runs another macrotask. Counting `await` turns would be
 * faster but would break as soon as somebody awaits one promise more. Nothing else can get in between, because code under
 * simulation has no real I/O: its clock, disk, network and workers all come from here, and codecs are loaded before the start.
 * One turn costs about 2 µs.
 */

import { DeadlockError, RunLimitError } from './errors.ts'
import { type EventKind, type EventOwner, EventQueue, type SimEvent } from './event-queue.ts'
import type { Trace } from './trace.ts'

export interface RunLimits {
  /** Virtual milliseconds that the run may take. */
  readonly limitMs: number
  /** Events that the run may take, against loops that never let time pass. */
  readonly limitEvents: number
}

export class Timeline {
  readonly #queue = new EventQueue()
  readonly #trace: Trace
  #nowUs = 0
  #executedCount = 0

  constructor(trace: Trace) {
    this.#trace = trace
  }

  /** Microseconds of virtual time since the simulation began; a whole number. */
  get nowUs(): number {
    return this.#nowUs
  }

  get executedCount(): number {
    return this.#executedCount
  }

  /** Calls `run` in `delayUs`, unless cancelled or `owner` has died by then. */
  after(delayUs: number, kind: EventKind, owner: EventOwner | undefined, run: () => void): SimEvent {
    return this.#queue.push(this.#nowUs + Math.max(0, Math.ceil(delayUs)), kind, owner, run)
  }

  cancel(event: SimEvent): void {
    this.#queue.cancel(event)
  }

  /** Voids everything that `owner` was still going to do. */
  cancelOwnedBy(owner: EventOwner): void {
    for (const event of this.#queue.pending()) if (event.owner === owner) this.#queue.cancel(event)
  }

  /** Counts what is still to happen, by owner and kind, one line each. */
  describePending(): string[] {
    const counts = new Map<string, number>()
    for (const event of this.#queue.pending()) {
      const label = `${event.owner?.name ?? 'world'}: ${event.kind}`
      counts.set(label, (counts.get(label) ?? 0) + 1)
    }
    return [...counts].sort(([left], [right]) => (left < right ? -1 : 1)).map(([label, count]) => `${label} × ${count}`)
  }

  /**
   * Runs events until `isDone`. Rejects with `DeadlockError` when none is left, with `RunLimitError` beyond the limits, and with
   * whatever an event throws: in a real process that would be an uncaught exception.
   */
  async drive(isDone: () => boolean, limits: RunLimits, describe: () => string[]): Promise<void> {
    const lastUs = this.#nowUs + limits.limitMs * 1000
    const lastCount = this.#executedCount + limits.limitEvents
    for (await drainMicrotasks(); !isDone(); await drainMicrotasks()) {
      const nextAtUs = this.#queue.nextAtUs()
      if (nextAtUs === undefined) throw new DeadlockError(this.#report('deadlock: nothing is left to happen', describe))
      if (nextAtUs > lastUs) throw new RunLimitError(this.#report(`not done within ${limits.limitMs} ms of virtual time`, describe))
      if (this.#executedCount >= lastCount) throw new RunLimitError(this.#report(`not done within ${limits.limitEvents} events`, describe))
      this.#executeNext()
    }
  }

  #executeNext(): void {
    const event = this.#queue.pop()
    const run = event?.run
    if (event === undefined || run === undefined) return
    event.run = undefined
    this.#nowUs = event.atUs
    this.#executedCount++
    this.#trace.add(event.atUs, event.owner?.name ?? 'world', event.kind, event.sequence)
    run()
    event.owner?.lived()
  }

  #report(problem: string, describe: () => string[]): string {
    const lines = [`${problem} (at ${(this.#nowUs / 1000).toFixed(3)} ms, ${this.#executedCount} events)`, ...describe()]
    return lines.join('\n  ')
  }
}

function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
