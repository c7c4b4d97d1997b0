/** Owns the life of one simulated process: whatever it does ends when it dies, and its promises then never settle. */

import type { EventKind, EventOwner, SimEvent } from './event-queue.ts'
import type { World } from './world.ts'

export class SimProcess implements EventOwner {
  /** Host and incarnation, such as `broker#2`. */
  readonly name: string
  readonly hostName: string
  readonly #world: World
  readonly #deathListeners = new Set<() => void>()
  #isAlive = true
  #eventsToLive = Number.POSITIVE_INFINITY
  #kill: (() => void) | undefined

  constructor(world: World, hostName: string, incarnation: number) {
    this.#world = world
    this.hostName = hostName
    this.name = `${hostName}#${incarnation}`
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Calls `run` in `delayUs` if the process is still alive. Undefined when it is dead already. */
  schedule(delayUs: number, kind: EventKind, run: () => void): SimEvent | undefined {
    return this.#isAlive ? this.#world.timeline.after(delayUs, kind, this, run) : undefined
  }

  /** Settles with what `perform` returns or throws `delayUs` from now; never when the process dies before. */
  later<T>(delayUs: number, kind: EventKind, perform: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.schedule(delayUs, kind, () => {
        try {
          const result = perform()
          // What was performed may have been this process's death.
          if (this.#isAlive) resolve(result)
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
  }

  /** Calls `listener` at death, in the order of registration. Returns its removal. */
  onDeath(listener: () => void): () => void {
    this.#deathListeners.add(listener)
    return () => this.#deathListeners.delete(listener)
  }

  /** Has `kill` called at the end of the process's event that is so many away from now. */
  killAfter(events: number, kill: () => void): void {
    this.#eventsToLive = events
    this.#kill = kill
  }

  lived(): void {
    if (--this.#eventsToLive === 0 && this.#isAlive) this.#kill?.()
  }

  die(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#world.timeline.cancelOwnedBy(this)
    for (const listener of this.#deathListeners) listener()
    this.#deathListeners.clear()
  }
}
