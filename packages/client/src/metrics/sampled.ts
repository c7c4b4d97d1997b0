/** One figure over the last windows of time and since the start, reckoned as Kafka's SampledStat and Rate do. */

import type { Clock } from '@odradek/runtime'

/** `metrics.sample.window.ms`, `metrics.num.samples`, and a monotonic clock. */
export interface Sampling {
  readonly windowMs: number
  readonly samples: number
  readonly nowMs: () => number
}

interface Sample {
  startMs: number
  lastMs: number
  sum: number
  count: number
  max: number
  min: number
}

const SECOND_MS = 1000

export class Sampled {
  /** Of all values since the start. */
  total = 0
  /** How many values since the start. */
  count = 0
  /** The value recorded last; NaN before the first. */
  last: number = Number.NaN
  readonly #sampling: Sampling
  /** Oldest first. */
  readonly #samples: Sample[] = []

  constructor(sampling: Sampling) {
    this.#sampling = sampling
  }

  /** `now` spares a look at the clock where several figures are recorded together. */
  record(value: number, now: number = this.#sampling.nowMs()): void {
    const { windowMs, samples } = this.#sampling
    this.total += value
    this.count++
    this.last = value
    let current = this.#samples[this.#samples.length - 1]
    if (current === undefined || now - current.startMs >= windowMs) {
      // One more than asked for is kept, so that a rate always looks back over whole windows.
      const spare = this.#samples.length > samples ? this.#samples.shift() : undefined
      current = reset(spare ?? { startMs: 0, lastMs: 0, sum: 0, count: 0, max: 0, min: 0 }, now)
      this.#samples.push(current)
    }
    current.lastMs = now
    current.sum += value
    current.count++
    if (value > current.max) current.max = value
    if (value < current.min) current.min = value
  }

  /** Of the values in the windows. */
  get recentSum(): number {
    this.#dropObsolete()
    return this.#samples.reduce((sum, sample) => sum + sample.sum, 0)
  }

  /** How many values are in the windows. */
  get recentCount(): number {
    this.#dropObsolete()
    return this.#samples.reduce((count, sample) => count + sample.count, 0)
  }

  /** Of the values in the windows; NaN when there are none. */
  get average(): number {
    const { recentCount } = this
    return recentCount === 0 ? Number.NaN : this.recentSum / recentCount
  }

  /** NaN when there are no values in the windows. */
  get max(): number {
    this.#dropObsolete()
    return this.#samples.length === 0 ? Number.NaN : Math.max(...this.#samples.map(({ max }) => max))
  }

  /** NaN when there are no values in the windows. */
  get min(): number {
    this.#dropObsolete()
    return this.#samples.length === 0 ? Number.NaN : Math.min(...this.#samples.map(({ min }) => min))
  }

  /** Sum of the values, a second. */
  get rate(): number {
    return this.#perSecond(({ sum }) => sum)
  }

  /** Number of values, a second. */
  get countRate(): number {
    return this.#perSecond(({ count }) => count)
  }

  #perSecond(amount: (sample: Sample) => number): number {
    this.#dropObsolete()
    const oldest = this.#samples[0]
    if (oldest === undefined) return 0
    const { windowMs, samples, nowMs } = this.#sampling
    let elapsedMs = nowMs() - oldest.startMs
    // A client that has just started has not been quiet before: all windows but the current one count as whole.
    const missing = samples - 1 - Math.floor(elapsedMs / windowMs)
    if (missing > 0) elapsedMs += missing * windowMs
    let sum = 0
    for (const sample of this.#samples) sum += amount(sample)
    return (sum * SECOND_MS) / Math.max(elapsedMs, 1)
  }

  #dropObsolete(): void {
    const { nowMs, windowMs, samples } = this.#sampling
    const expiredMs = nowMs() - windowMs * samples
    for (let oldest = this.#samples[0]; oldest !== undefined && oldest.lastMs <= expiredMs; oldest = this.#samples[0]) this.#samples.shift()
  }
}

function reset(sample: Sample, now: number): Sample {
  sample.startMs = now
  sample.sum = 0
  sample.count = 0
  sample.max = Number.NEGATIVE_INFINITY
  sample.min = Number.POSITIVE_INFINITY
  return sample
}

export interface SamplingConfig {
  readonly metricsSampleWindowMs: number
  readonly metricsNumSamples: number
}

export function samplingOf(clock: Pick<Clock, 'monotonicMs'>, config: SamplingConfig): Sampling {
  return { windowMs: config.metricsSampleWindowMs, samples: config.metricsNumSamples, nowMs: () => clock.monotonicMs() }
}
