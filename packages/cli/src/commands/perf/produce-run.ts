/** Sends the load of `perf produce`: as fast as the producer takes it or at a rate, with a bounded number of records under way. */

import type { BytesLike, Producer } from '@odradek/client'
import { CommandError, describeError } from '../../errors.ts'
import { ProgressLine } from '../../output/progress.ts'
import { interruption } from '../../signals.ts'
import { ProduceReport } from './produce-report.ts'

export interface ProduceLoad {
  readonly topic: string
  readonly payloads: readonly Buffer[]
  readonly records: number
  /** 0: as fast as they go. */
  readonly perSecond: number
}

const maxUnderWay = 100_000
const sliceMs = 1
const windowMs = 5000

export class PerfProduceRun {
  readonly #producer: Producer<BytesLike, BytesLike>
  readonly #load: ProduceLoad
  readonly #startedMs = performance.now()
  readonly #report: ProduceReport
  #sent = 0
  #failed = 0
  #firstFailure: unknown
  #wake: (() => void) | undefined

  constructor(producer: Producer<BytesLike, BytesLike>, load: ProduceLoad) {
    this.#producer = producer
    this.#load = load
    // Payloads go in turn, so that their average is right but for one turn.
    const bytes = load.payloads.reduce((sum, payload) => sum + payload.length, 0) / load.payloads.length
    this.#report = new ProduceReport(this.#startedMs, bytes)
  }

  async run(): Promise<void> {
    const interrupted = interruption(() => this.#wake?.())
    using progress = new ProgressLine(() => this.#report.progressLine(performance.now(), this.#load.records))
    const windows = setInterval(() => progress.say(this.#report.windowLine(performance.now())), windowMs)
    try {
      while (this.#sent < this.#load.records && !interrupted.happened) {
        this.#sendSlice()
        await this.#pause()
      }
      await this.#producer.flush()
    } finally {
      clearInterval(windows)
      interrupted.dispose()
    }
  }

  /** Prints the total to stdout; throws `CommandError` when a record failed. */
  report(): void {
    process.stdout.write(`${this.#report.totalLine(performance.now())}\n`)
    if (this.#failed > 0)
      throw new CommandError(`${this.#failed} records were not sent; the first because: ${describeError(this.#firstFailure)}`)
  }

  /** What is due within a millisecond shares its start time, and with it the functions that its promises call. */
  #sendSlice(): void {
    const startedMs = performance.now()
    const { topic, payloads, records } = this.#load
    const onAcknowledged = (): void => {
      this.#report.add(performance.now() - startedMs)
      this.#settle()
    }
    const onFailed = (error: unknown): void => {
      this.#failed += 1
      this.#firstFailure ??= error
      this.#settle()
    }
    const until = Math.min(records, this.#due(startedMs))
    while (this.#sent < until && this.#underWay < maxUnderWay) {
      const value = payloads[this.#sent % payloads.length] ?? null
      this.#sent += 1
      this.#producer.send({ topic, value }).then(onAcknowledged, onFailed)
      if ((this.#sent & 255) === 0 && performance.now() - startedMs > sliceMs) return
    }
  }

  get #underWay(): number {
    return this.#sent - this.#report.records - this.#failed
  }

  #due(nowMs: number): number {
    const { perSecond } = this.#load
    return perSecond === 0 ? Number.POSITIVE_INFINITY : Math.ceil(((nowMs - this.#startedMs) / 1000) * perSecond)
  }

  #settle(): void {
    if (this.#wake !== undefined && this.#underWay < maxUnderWay / 2) this.#wake()
  }

  #pause(): Promise<void> {
    if (this.#underWay >= maxUnderWay) {
      return new Promise((resolve) => {
        this.#wake = () => {
          this.#wake = undefined
          resolve()
        }
      })
    }
    return new Promise((resolve) => {
      if (this.#load.perSecond === 0) setImmediate(resolve)
      else setTimeout(resolve, sliceMs)
    })
  }
}
