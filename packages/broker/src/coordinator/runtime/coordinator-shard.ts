/** One shard: the state over one partition of an internal topic, loaded by replay and reloaded after a failed write. */

import { ErrorCodes } from '@odradek/protocol'
import type { Clock, Codecs, Timer } from '@odradek/runtime'
import type { Logger } from '../../logger.ts'
import { CoordinatorError } from './coordinator-error.ts'
import { type CoordinatorLog, replayLog } from './coordinator-log.ts'
import { LoadedState } from './loaded-state.ts'
import type { Command, Query, StateMachine } from './outcome.ts'

const reloadBackoffMinMs = 100
const reloadBackoffMaxMs = 30_000

export interface ShardOptions<Machine extends StateMachine> {
  readonly topic: string
  readonly partition: number
  readonly openLog: () => Promise<CoordinatorLog>
  readonly clock: Clock
  readonly codecs: Codecs
  readonly logger: Logger
  /** Of every batch, as Kafka's coordinator of this kind writes it. */
  readonly baseSequence: number
  readonly writeTimeoutMs: number
  readonly createMachine: (shard: CoordinatorShard<Machine>) => Machine
}

export class CoordinatorShard<Machine extends StateMachine> {
  readonly partition: number
  readonly #options: ShardOptions<Machine>
  #loaded: LoadedState<Machine> | undefined
  #loading: Promise<void> | undefined
  #reloadTimer: Timer | undefined
  #failedLoads = 0
  #closed = false
  /** Some node leads the partition, and so coordinates. */
  #isLed = true
  /** Counts changes of leadership: a load that one of them interrupts is void. */
  #term = 0

  constructor(options: ShardOptions<Machine>) {
    this.#options = options
    this.partition = options.partition
  }

  /** Replays the log, unless that is done. Resolves when the shard answers, or when this attempt has failed and the next one is scheduled. */
  load(): Promise<void> {
    if (this.#loaded !== undefined || this.#closed || !this.#isLed) return Promise.resolve()
    if (this.#loading === undefined) {
      const loading = this.#load().finally(() => {
        if (this.#loading === loading) this.#loading = undefined
      })
      this.#loading = loading
    }
    return this.#loading
  }

  /**
   * Another node leads the partition now, or none does: the state is given up, whoever waits is refused with NOT_COORDINATOR, and the
   * log is replayed for the new leader.
   */
  changeLeader(isLed: boolean): void {
    this.#term++
    this.#isLed = isLed
    this.#loading = undefined
    this.#failedLoads = 0
    this.#giveUp()
    void this.load()
  }

  /**
   * Runs a command; resolves to its response once its records are durable. Rejects with CoordinatorError:
   * COORDINATOR_LOAD_IN_PROGRESS while loading, NOT_COORDINATOR when closed or when the write failed, or what the command threw.
   */
  write<Response>(command: Command<Machine, Response>): Promise<Response> {
    if (this.#loaded === undefined) return Promise.reject(this.#notLoaded())
    return this.#loaded.run(command)
  }

  /** Answers from the state of now, once all that this state has seen is durable. */
  read<Response>(query: Query<Machine, Response>): Promise<Response> {
    return this.write((machine) => ({ records: [], response: query(machine) }))
  }

  /** The state as it is, durable or not; undefined while loading. For metrics alone. */
  peek(): Machine | undefined {
    return this.#loaded?.machine
  }

  /** Gives the state up and answers all who wait. The log is left alone. */
  close(): void {
    this.#closed = true
    this.#giveUp()
  }

  #giveUp(): void {
    this.#reloadTimer?.cancel()
    this.#loaded?.end(ErrorCodes.NOT_COORDINATOR)
    this.#loaded = undefined
  }

  #notLoaded(): CoordinatorError {
    return new CoordinatorError(this.#closed || !this.#isLed ? ErrorCodes.NOT_COORDINATOR : ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS)
  }

  async #load(): Promise<void> {
    const { clock, codecs, logger, baseSequence, writeTimeoutMs } = this.#options
    const machine = this.#options.createMachine(this)
    const term = this.#term
    let log: CoordinatorLog
    try {
      log = await this.#options.openLog()
      await replayLog(log, codecs, machine)
    } catch (error) {
      if (this.#closed || term !== this.#term) return
      logger.error(`coordinator shard ${this.#name} could not be loaded: ${String(error)}`)
      this.#scheduleReload()
      return
    }
    if (this.#closed || term !== this.#term) return
    this.#failedLoads = 0
    this.#loaded = new LoadedState({ machine, log, clock, codecs, baseSequence, writeTimeoutMs, onFailure: (cause) => this.#failed(cause) })
    machine.onLoaded()
  }

  #failed(cause: unknown): void {
    this.#options.logger.error(`a write to ${this.#name} failed, the coordinator shard is reloaded: ${String(cause)}`)
    this.#loaded = undefined
    this.#scheduleReload()
  }

  get #name(): string {
    return `${this.#options.topic}-${this.partition}`
  }

  #scheduleReload(): void {
    if (this.#closed) return
    const delayMs = Math.min(reloadBackoffMinMs * 2 ** this.#failedLoads, reloadBackoffMaxMs)
    this.#failedLoads++
    this.#reloadTimer = this.#options.clock.setTimer(delayMs, () => void this.load(), true)
  }
}
