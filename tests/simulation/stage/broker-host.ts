/** Owns the broker's machine: a process on it that is started anew whenever it has died, as a service manager does it. */

import { type Broker, startBroker } from '@odradek/broker'
import type { RandomStream, Range, Simulation } from '@odradek/runtime/sim'
import type { TopicSpec } from '../scenario.ts'

export const BROKER = 'broker'
export const BOOTSTRAP: string = `${BROKER}:9092`
const RETRY_MS = 500
const LINES_KEPT = 40

export interface BrokerHostOptions {
  readonly simulation: Simulation
  readonly nodes: number
  readonly topics: Readonly<Record<string, TopicSpec>>
  readonly config: Readonly<Record<string, string>>
  readonly random: RandomStream
  /** The process has died; it did not ask for it. */
  readonly onDeath: () => void
  readonly onStart: () => void
}

/** How long it takes until somebody starts a dead broker. */
const DOWN_MS: Range = { min: 0, max: 4000 }

export class BrokerHost {
  readonly #options: BrokerHostOptions
  /** What the broker said last. */
  readonly lines: string[] = []
  readonly #waiting = new Set<() => void>()
  #broker: Broker | undefined
  #isWanted = true

  constructor(options: BrokerHostOptions) {
    this.#options = options
  }

  /** Undefined while none serves. */
  get broker(): Broker | undefined {
    return this.#broker
  }

  /** Resolves when a broker serves. */
  async serving(): Promise<Broker> {
    while (this.#broker === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
    }
    return this.#broker
  }

  start(): void {
    this.#isWanted = true
    const { simulation } = this.#options
    const runtime = simulation.runtime(BROKER)
    let isAlive = true
    simulation.onDeath(BROKER, () => {
      isAlive = false
      this.#broker = undefined
      this.#options.onDeath()
      void this.#startLater(this.#options.random.within(DOWN_MS))
    })
    const { nodes, topics, config } = this.#options
    const say = (level: string) => (line: string) => this.#say(`${level} ${line}`)
    const logger = { debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') }
    startBroker({ runtime, host: BROKER, port: 9092, nodes, dataDir: '/var/lib/kafka', topics, config, logger }).then(
      (broker) => {
        if (isAlive) this.#serve(broker)
      },
      (error: unknown) => {
        this.#say(`could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
        // The process ends, and the service manager tries again.
        if (isAlive) simulation.kill(BROKER)
      },
    )
  }

  /** An orderly restart. False when there is no broker to close. */
  async restart(downMs: number): Promise<boolean> {
    const broker = this.#broker
    if (broker === undefined) return false
    this.#broker = undefined
    this.#isWanted = false
    this.#options.onDeath()
    // A broker that is killed while it closes never gets to the end of it.
    await Promise.race([broker.close().catch((error: unknown) => this.#say(`could not close: ${String(error)}`)), this.#died()])
    this.#options.simulation.kill(BROKER)
    await this.#options.simulation.sleep(downMs)
    this.start()
    return true
  }

  /** Resolves with the work, or when the process dies and the work with it. */
  async orDeath(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#died()])
  }

  #died(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.simulation.onDeath(BROKER, resolve)
    })
  }

  async #startLater(delayMs: number): Promise<void> {
    if (!this.#isWanted) return
    await this.#options.simulation.sleep(Math.max(delayMs, this.lines.at(-1)?.startsWith('could not start') === true ? RETRY_MS : 0))
    if (this.#isWanted) this.start()
  }

  #serve(broker: Broker): void {
    this.#broker = broker
    this.#options.onStart()
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #say(line: string): void {
    this.lines.push(`${(this.#options.simulation.elapsedMs / 1000).toFixed(3)} ${line}`)
    if (this.lines.length > LINES_KEPT) this.lines.shift()
  }
}
