/** Leaders that never stay where they are, and nodes that come and go, in a broker of several nodes. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker } from '@odradek/broker'

export interface UnrestOptions {
  readonly topic: string
  readonly partitions: number
  readonly moveEveryMs: number
  /** How long a node is gone, and how long all are there between two stops. 0: no node is stopped. */
  readonly stopEveryMs: number
}

export interface UnrestFigures {
  readonly moves: number
  readonly stops: number
}

/** Goes on from `begin` until `end`, which leaves every node running. */
export class Unrest implements AsyncDisposable {
  readonly #broker: Broker
  readonly #options: UnrestOptions
  #isOver = false
  #moves = 0
  #stops = 0
  #running: Promise<unknown> | undefined

  constructor(broker: Broker, options: UnrestOptions) {
    this.#broker = broker
    this.#options = options
  }

  get figures(): UnrestFigures {
    return { moves: this.#moves, stops: this.#stops }
  }

  begin(): void {
    this.#running = Promise.all([this.#moveLeaders(), this.#stopNodes()])
  }

  async end(): Promise<UnrestFigures> {
    this.#isOver = true
    await this.#running
    return this.figures
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  async #moveLeaders(): Promise<void> {
    const { topic, partitions, moveEveryMs } = this.#options
    for (let turn = 0; !this.#isOver; turn++) {
      const rested = sleep(moveEveryMs)
      const partition = turn % partitions
      const leader = this.#broker.leaderOf(topic, partition)
      const others = this.#broker.nodes.filter(({ nodeId, isRunning }) => isRunning && nodeId !== leader)
      const next = others[Math.floor(turn / partitions) % others.length]
      if (next !== undefined) {
        // The node may stop in the very moment.
        await this.#broker.moveLeader(topic, partition, next.nodeId).then(
          () => this.#moves++,
          () => undefined,
        )
      }
      await rested
    }
  }

  async #stopNodes(): Promise<void> {
    const { stopEveryMs } = this.#options
    if (stopEveryMs === 0) return
    for (let turn = 0; !this.#isOver; turn++) {
      await sleep(stopEveryMs)
      const node = this.#broker.nodes[turn % this.#broker.nodes.length]
      await node?.stop()
      this.#stops++
      await sleep(stopEveryMs)
      await node?.start()
    }
  }
}
