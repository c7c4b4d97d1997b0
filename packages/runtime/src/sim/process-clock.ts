/** Owns a process's view of time: virtual, with a wall clock that the simulation can step. */

import type { Clock, Timer } from '../clock.ts'
import type { SimEvent } from './event-queue.ts'
import type { SimProcess } from './process.ts'
import type { World } from './world.ts'

/** How far a host's wall clock is off; shared by its processes. */
export interface WallClock {
  offsetMs: number
}

export class ProcessClock implements Clock {
  readonly #world: World
  readonly #process: SimProcess
  readonly #wallClock: WallClock

  constructor(world: World, process: SimProcess, wallClock: WallClock) {
    this.#world = world
    this.#process = process
    this.#wallClock = wallClock
  }

  nowMs(): number {
    return this.#world.nowMs + this.#wallClock.offsetMs
  }

  monotonicMs(): number {
    return this.#world.timeline.nowUs / 1000
  }

  setTimer(delayMs: number, fire: () => void, background = false): Timer {
    // Node fires no timer in less than a millisecond and takes a delay that is no number as the shortest.
    const delayUs = delayMs >= 1 ? delayMs * 1000 : 1000
    return new ProcessTimer(this.#world, this.#process.schedule(delayUs, background ? 'background-timer' : 'timer', fire))
  }

  defer(run: () => void): void {
    // A microsecond, so that a loop of deferrals lets time pass.
    this.#process.schedule(1, 'defer', run)
  }
}

class ProcessTimer implements Timer {
  readonly #world: World
  #event: SimEvent | undefined

  constructor(world: World, event: SimEvent | undefined) {
    this.#world = world
    this.#event = event
  }

  cancel(): void {
    if (this.#event !== undefined) this.#world.timeline.cancel(this.#event)
    this.#event = undefined
  }
}
