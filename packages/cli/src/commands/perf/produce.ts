/** `odradek perf produce`. */

import { randomBytes } from 'node:crypto'
import type { BytesLike, Producer } from '@odradek/client'
import { Command } from 'commander'
import { requireTopics, withKafka } from '../../session.ts'
import { nonNegativeInteger, positiveInteger } from '../../arguments.ts'
import { CommandError, describeError } from '../../errors.ts'
import { addGlobalOptions, type GlobalOptions } from '../../global-options.ts'
import { say } from '../../output/output.ts'
import { interruption } from '../../signals.ts'
import { Latencies } from './latencies.ts'

interface PerfProduceOptions extends GlobalOptions {
  readonly records: number
  readonly recordSize: number
  readonly throughput: number
}

export function perfProduceCommand(): Command {
  return addGlobalOptions(
    new Command('produce')
      .description('send records as fast as they go, or at a rate')
      .argument('<topic>', 'where to; it must exist')
      .option('-n, --records <number>', 'how many', positiveInteger, 1_000_000)
      .option('-s, --record-size <bytes>', 'size of each value', positiveInteger, 100)
      .option('-r, --throughput <records/s>', 'records a second; 0: as fast as they go', nonNegativeInteger, 0)
      .addHelpText('after', '\nExample:\n  $ odradek perf produce load -n 1000000 -s 100 -X linger.ms=5 -X batch.size=65536'),
  ).action(async (topic: string, options: PerfProduceOptions) => {
    await withKafka(options, async (kafka, admin) => {
      await requireTopics(admin, [topic])
      const run = new PerfProduceRun(kafka.producer(), topic, options)
      await run.run()
      run.report()
    })
  })
}

const maxUnderWay = 100_000
const sliceMs = 1
const progressMs = 5000
const payloads = 1000

class PerfProduceRun {
  readonly #producer: Producer<BytesLike, BytesLike>
  readonly #topic: string
  readonly #options: PerfProduceOptions
  readonly #latencies = new Latencies()
  readonly #startedMs = performance.now()
  readonly #values: readonly Buffer[]
  #sent = 0
  #acknowledged = 0
  #failed = 0
  #firstFailure: unknown
  #wake: (() => void) | undefined

  constructor(producer: Producer<BytesLike, BytesLike>, topic: string, options: PerfProduceOptions) {
    this.#producer = producer
    this.#topic = topic
    this.#options = options
    this.#values = Array.from({ length: payloads }, () => randomBytes(options.recordSize))
  }

  async run(): Promise<void> {
    const interrupted = interruption(() => this.#wake?.())
    const progress = setInterval(() => say(this.#summary()), progressMs)
    try {
      while (this.#sent < this.#options.records && !interrupted.happened) {
        this.#sendSlice()
        await this.#pause()
      }
      await this.#producer.flush()
    } finally {
      clearInterval(progress)
      interrupted.dispose()
    }
  }

  /** Prints the total to stdout; throws `CommandError` when a record failed. */
  report(): void {
    process.stdout.write(`${this.#summary()}\n`)
    if (this.#failed > 0)
      throw new CommandError(`${this.#failed} records were not sent; the first because: ${describeError(this.#firstFailure)}`)
  }

  /** What is due within a millisecond shares its start time, and with it the two functions that its promises call. */
  #sendSlice(): void {
    const startedMs = performance.now()
    const onAcknowledged = (): void => {
      this.#latencies.add(performance.now() - startedMs)
      this.#settle()
      this.#acknowledged += 1
    }
    const onFailed = (error: unknown): void => {
      this.#failed += 1
      this.#firstFailure ??= error
      this.#settle()
    }
    const until = Math.min(this.#options.records, this.#due(startedMs))
    while (this.#sent < until && this.#underWay < maxUnderWay) {
      const value = this.#values[this.#sent % payloads] ?? null
      this.#sent += 1
      this.#producer.send({ topic: this.#topic, value }).then(onAcknowledged, onFailed)
      if ((this.#sent & 255) === 0 && performance.now() - startedMs > sliceMs) return
    }
  }

  get #underWay(): number {
    return this.#sent - this.#acknowledged - this.#failed
  }

  #due(nowMs: number): number {
    const { throughput } = this.#options
    return throughput === 0 ? Number.POSITIVE_INFINITY : Math.ceil(((nowMs - this.#startedMs) / 1000) * throughput)
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
      if (this.#options.throughput === 0) setImmediate(resolve)
      else setTimeout(resolve, sliceMs)
    })
  }

  #summary(): string {
    const seconds = Math.max(0.001, (performance.now() - this.#startedMs) / 1000)
    const rate = this.#acknowledged / seconds
    const megabytes = (rate * this.#options.recordSize) / (1024 * 1024)
    const percentile = (fraction: number): number => this.#latencies.percentileMs(fraction)
    return (
      `${this.#acknowledged} records sent, ${rate.toFixed(6)} records/sec (${megabytes.toFixed(2)} MB/sec), ` +
      `${this.#latencies.averageMs.toFixed(2)} ms avg latency, ${this.#latencies.maxMs.toFixed(2)} ms max latency, ` +
      `${percentile(0.5)} ms 50th, ${percentile(0.95)} ms 95th, ${percentile(0.99)} ms 99th, ${percentile(0.999)} ms 99.9th.`
    )
  }
}
