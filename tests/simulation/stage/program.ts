/** Owns a program on a host of its own: its life, its death, and its next life. What it does, it does with its process's own clock. */

import { Kafka } from '@odradek/client'
import type { HistoryRecorder } from '@odradek/history'
import { RandomStream, type Range, type Simulation } from '@odradek/runtime/sim'

export interface ProgramOptions {
  readonly simulation: Simulation
  readonly history: HistoryRecorder
  readonly host: string
  readonly bootstrapServers: string
  readonly main: (life: Life) => Promise<void>
}

/** A connection attempt that bad weather has swallowed is soon over when it is calm. */
const CONNECTING = { socketConnectionSetupTimeoutMs: 2000, socketConnectionSetupTimeoutMaxMs: 4000 }

/** One process. After its death nothing that it awaits ever settles. */
export class Life {
  readonly host: string
  /** Names process and client in the history. */
  readonly name: string
  readonly kafka: Kafka
  readonly history: HistoryRecorder
  readonly random: RandomStream
  readonly #sleep: (delayMs: number) => Promise<void>
  isAlive = true

  constructor({ simulation, history, host, bootstrapServers }: ProgramOptions, number: number) {
    const runtime = simulation.runtime(host)
    this.host = host
    this.name = `${host}.${number}`
    this.history = history
    this.random = new RandomStream(simulation.seed, `program/${this.name}`)
    this.kafka = new Kafka({
      ...CONNECTING,
      bootstrapServers: [bootstrapServers],
      clientId: this.name,
      logger: { warn: () => undefined },
      runtime,
    })
    this.#sleep = (delayMs) =>
      new Promise((resolve) => {
        runtime.clock.setTimer(delayMs, resolve)
      })
    simulation.onDeath(host, () => {
      this.isAlive = false
      history.crash(this.name)
    })
  }

  sleep(range: Range | number): Promise<void> {
    return this.#sleep(typeof range === 'number' ? range : this.random.within(range))
  }
}

const RESTART_MS: Range = { min: 0, max: 8000 }

export class Program {
  readonly host: string
  readonly #options: ProgramOptions
  readonly #finish: () => void
  readonly #fail: (error: unknown) => void
  /** Settles when `main` has come to its end in some life. */
  readonly done: Promise<void>
  #lives = 0
  #isDone = false

  constructor(options: ProgramOptions) {
    this.#options = options
    this.host = options.host
    let finish: () => void = () => undefined
    let fail: (error: unknown) => void = () => undefined
    this.done = new Promise((resolve, reject) => {
      finish = resolve
      fail = reject
    })
    this.done.catch(() => undefined)
    this.#finish = finish
    this.#fail = fail
  }

  get isDone(): boolean {
    return this.#isDone
  }

  start(): void {
    const life = new Life(this.#options, ++this.#lives)
    this.#options.simulation.onDeath(this.host, () => void this.#restart(life))
    this.#options.main(life).then(
      () => {
        this.#isDone = true
        this.#finish()
      },
      (error: unknown) => {
        if (life.isAlive) this.#fail(error)
      },
    )
  }

  /** As `kill -9`; the next life begins a little later. */
  crash(): boolean {
    if (this.#isDone) return false
    this.#options.simulation.kill(this.host)
    return true
  }

  async #restart(life: Life): Promise<void> {
    if (this.#isDone) return
    const { simulation } = this.#options
    await simulation.sleep(life.random.within(RESTART_MS))
    this.start()
  }
}
