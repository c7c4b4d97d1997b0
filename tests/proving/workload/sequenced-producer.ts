/** Our client producing numbered records without pause, each send noted before and each outcome after. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, type Producer } from '@odradek/client'
import { failedLine, sentLine, settledLine, valueOf } from './journal.ts'
import type { SequencedOptions } from './sequenced-options.ts'

/** Of the window, at a time. */
const BURST_SHARE = 4
const PAUSE_MS = 2

export interface Totals {
  readonly sent: number
  readonly acknowledged: number
  readonly failed: number
}

/** Called with whole lines of a journal; what it was given before a send must outlive the process. */
export type WriteLines = (lines: string) => void

export class SequencedProducer {
  readonly #options: SequencedOptions
  readonly #write: WriteLines
  #sent = 0
  #acknowledged = 0
  #failed = 0
  #outcomes = ''
  #isStopped = false

  constructor(options: SequencedOptions, write: WriteLines) {
    this.#options = options
    this.#write = write
  }

  get totals(): Totals {
    return { sent: this.#sent, acknowledged: this.#acknowledged, failed: this.#failed }
  }

  /** Sends no more; `run` resolves once all is settled. */
  stop(): void {
    this.#isStopped = true
  }

  async run(): Promise<Totals> {
    const { bootstrap, config, client } = this.#options
    await using kafka = new Kafka({ bootstrapServers: bootstrap, clientId: client })
    const producer = kafka.producer({ properties: config })
    const fromMs = performance.now()
    while (!this.#isDone()) {
      this.#burst(producer, this.#room(performance.now() - fromMs))
      await sleep(PAUSE_MS)
      this.#flushOutcomes()
    }
    await producer.close()
    this.#flushOutcomes()
    return this.totals
  }

  #isDone(): boolean {
    return this.#isStopped || (this.#options.count > 0 && this.#sent >= this.#options.count)
  }

  #room(elapsedMs: number): number {
    const { count, window, perSecond } = this.#options
    const inFlight = this.#sent - this.#acknowledged - this.#failed
    const left = count === 0 ? Infinity : count - this.#sent
    const due = perSecond === 0 ? Infinity : Math.ceil((perSecond * elapsedMs) / 1000) - this.#sent
    return Math.max(0, Math.min(Math.ceil(window / BURST_SHARE), window - inFlight, left, due))
  }

  #burst(producer: Producer<string | Uint8Array, string | Uint8Array>, size: number): void {
    const { client, topic, partitions, valueBytes } = this.#options
    const numbers = Array.from({ length: size }, (_, index) => this.#sent + index)
    this.#write(numbers.map((number) => sentLine(`${client}:${number}`, number % partitions)).join(''))
    for (const number of numbers) {
      this.#sent += 1
      const name = `${client}:${number}`
      producer.send({ topic, partition: number % partitions, key: name, value: valueOf(name, number, valueBytes) }).then(
        ({ partition, offset }) => {
          this.#acknowledged += 1
          this.#outcomes += settledLine(name, partition, offset)
        },
        (error: unknown) => {
          this.#failed += 1
          this.#outcomes += failedLine(name, String(error))
        },
      )
    }
  }

  #flushOutcomes(): void {
    if (this.#outcomes !== '') this.#write(this.#outcomes)
    this.#outcomes = ''
  }
}
