/** Owns bad weather: a broker that dies again and again, in several ways, on a network that is no better. */

import type { NetworkFaults, Simulation } from '@odradek/runtime/sim'
import { BROKER, type SimulatedCluster } from './cluster.ts'

export interface StormOptions {
  /** Whether the machine loses power too; acknowledged records survive that only when each batch is flushed. */
  readonly hasPowerLoss: boolean
}

export const roughNetwork: Partial<NetworkFaults> = {
  connectRefused: 0.05,
  cut: 0.004,
  halfOpen: 0.002,
  responseLost: 0.004,
  stalled: 0.01,
  slowed: 0.05,
}

export const calmNetwork: Partial<NetworkFaults> = { connectRefused: 0, cut: 0, halfOpen: 0, responseLost: 0, stalled: 0, slowed: 0 }

const CALM_MS = { min: 300, max: 3300 }
const DOWN_MS = { min: 0, max: 1500 }
const TEAR_PATIENCE_MS = 5000
const STATE_FILES = /\.(?:log|index|timeindex|snapshot)$/

export class Storm {
  readonly #cluster: SimulatedCluster
  readonly #options: StormOptions
  #isOver = false

  constructor(cluster: SimulatedCluster, options: StormOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Rages until `end`; a broker is running when it resolves. */
  async rage(): Promise<void> {
    const { simulation } = this.#cluster
    const { random } = simulation.runtime('storm')
    const pick = ({ min, max }: { min: number; max: number }): number => min + random.int(max - min)
    simulation.network.setFaults(roughNetwork)
    for (;;) {
      await simulation.sleep(pick(CALM_MS))
      if (this.#isOver) break
      await this.#strike(simulation, random.int(3), random.int(100))
      await simulation.sleep(pick(DOWN_MS))
      await this.#cluster.start()
    }
    simulation.network.setFaults(calmNetwork)
  }

  end(): void {
    this.#isOver = true
  }

  /** The broker is dead afterwards. */
  async #strike(simulation: Simulation, way: number, bytes: number): Promise<void> {
    if (way === 0 && this.#options.hasPowerLoss) {
      simulation.powerLoss(BROKER)
    } else if (way === 1) {
      const torn = simulation.disk(BROKER).tearNextWrite(STATE_FILES, bytes)
      await Promise.race([torn, simulation.sleep(TEAR_PATIENCE_MS)])
      simulation.disk(BROKER).disarm()
    }
    simulation.kill(BROKER)
  }
}
