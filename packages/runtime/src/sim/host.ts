/** Owns one machine: its name, address, disk and wall clock, all of which outlive the process that runs on it. */

import type { DirectoryNode } from './directory-node.ts'
import { Disk, type DiskOptions } from './disk.ts'
import { DiskControl, type DiskFaults } from './disk-control.ts'
import type { WallClock } from './process-clock.ts'
import { SimProcess } from './process.ts'
import type { World } from './world.ts'

const FIRST_EPHEMERAL_PORT = 49_152

export class SimHost {
  readonly name: string
  readonly address: string
  readonly disk: Disk
  readonly diskControl: DiskControl
  readonly wallClock: WallClock = { offsetMs: 0 }
  readonly directoryLocks: Map<DirectoryNode, SimProcess> = new Map()
  readonly #world: World
  #incarnation = 0
  #process: SimProcess | undefined
  #isPowered = true
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(world: World, name: string, address: string, diskOptions: DiskOptions, diskFaults: DiskFaults) {
    this.#world = world
    this.name = name
    this.address = address
    this.disk = new Disk(world, name, diskOptions)
    this.diskControl = new DiskControl(world, name, this.disk, diskFaults)
  }

  get isPowered(): boolean {
    return this.#isPowered
  }

  /** The living process, if there is one. */
  get process(): SimProcess | undefined {
    return this.#process?.isAlive === true ? this.#process : undefined
  }

  /** Starts the machine if need be, and a new process on it. */
  start(): SimProcess {
    this.#isPowered = true
    this.#process = new SimProcess(this.#world, this.name, ++this.#incarnation)
    this.#world.note(this.#process.name, 'started')
    return this.#process
  }

  /** Ends the process as `kill -9` does. */
  kill(): void {
    const process = this.process
    if (process === undefined) return
    this.#world.fault(process.name, 'process-killed')
    process.die()
  }

  /** Ends the process and the kernel, and what only the kernel's memory held. */
  losePower(): void {
    if (!this.#isPowered) return
    this.#world.fault(this.name, 'power-lost')
    // Sockets must find the machine dark when their process dies: nothing tells their peers.
    this.#isPowered = false
    this.#process?.die()
    this.disk.losePower()
    this.directoryLocks.clear()
  }

  takePort(): number {
    return this.#nextPort++
  }
}
