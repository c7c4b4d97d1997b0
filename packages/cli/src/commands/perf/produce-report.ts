/** What `perf produce` counts and how it says it: the lines of Kafka's `kafka-producer-perf-test`, to the letter. */

import { Latencies } from './latencies.ts'

const bytesPerMegabyte = 1024 * 1024

export class ProduceReport {
  readonly #latencies = new Latencies()
  readonly #startedMs: number
  readonly #recordBytes: number
  #window: Window

  /** `recordBytes`: the average payload. */
  constructor(nowMs: number, recordBytes: number) {
    this.#startedMs = nowMs
    this.#recordBytes = recordBytes
    this.#window = newWindow(nowMs)
  }

  /** Records acknowledged so far. */
  records = 0

  add(latencyMs: number): void {
    this.records += 1
    this.#latencies.add(latencyMs)
    this.#window.records += 1
    this.#window.totalMs += latencyMs
    if (latencyMs > this.#window.maxMs) this.#window.maxMs = latencyMs
  }

  /** The line about what came since the last such line; starts anew. */
  windowLine(nowMs: number): string {
    const { startedMs, records, totalMs, maxMs } = this.#window
    const seconds = secondsBetween(startedMs, nowMs)
    this.#window = newWindow(nowMs)
    return (
      `${records} records sent, ${(records / seconds).toFixed(1)} records/sec (${this.#megabytes(records / seconds)} MB/sec), ` +
      `${(records === 0 ? 0 : totalMs / records).toFixed(1)} ms avg latency, ${maxMs.toFixed(1)} ms max latency.`
    )
  }

  /** The line about everything. */
  totalLine(nowMs: number): string {
    const seconds = secondsBetween(this.#startedMs, nowMs)
    const percentile = (fraction: number): number => this.#latencies.percentileMs(fraction)
    return (
      `${this.records} records sent, ${(this.records / seconds).toFixed(6)} records/sec (${this.#megabytes(this.records / seconds)} MB/sec), ` +
      `${this.#latencies.averageMs.toFixed(2)} ms avg latency, ${this.#latencies.maxMs.toFixed(2)} ms max latency, ` +
      `${percentile(0.5)} ms 50th, ${percentile(0.95)} ms 95th, ${percentile(0.99)} ms 99th, ${percentile(0.999)} ms 99.9th.`
    )
  }

  /** For a person who watches: how far it is and how long it may take. */
  progressLine(nowMs: number, wanted: number): string {
    const perSecond = this.records / secondsBetween(this.#startedMs, nowMs)
    const left = perSecond === 0 ? '' : `, ${Math.ceil((wanted - this.records) / perSecond)} s left`
    const percent = Math.floor((this.records / wanted) * 100)
    return `${percent} %, ${this.records.toLocaleString('en')} of ${wanted.toLocaleString('en')} records, ${Math.round(perSecond).toLocaleString('en')} records/s${left}`
  }

  #megabytes(recordsPerSecond: number): string {
    return ((recordsPerSecond * this.#recordBytes) / bytesPerMegabyte).toFixed(2)
  }
}

interface Window {
  readonly startedMs: number
  records: number
  totalMs: number
  maxMs: number
}

const newWindow = (startedMs: number): Window => ({ startedMs, records: 0, totalMs: 0, maxMs: 0 })

const secondsBetween = (fromMs: number, toMs: number): number => Math.max(1, toMs - fromMs) / 1000
