/**
 * A rate over a sliding window that is made of samples, in Kafka's own arithmetic (Rate over SampledStat): clients that are tuned to a
 * quota on Apache Kafka are slowed by the same amount here.
 */

export interface RateWindow {
  /** `quota.window.num`: samples kept. */
  readonly samples: number
  /** `quota.window.size.seconds`, in milliseconds: how long one lasts. */
  readonly sampleMs: number
}

interface Sample {
  startMs: number
  lastEventMs: number
  value: number
}

export class SampledRate {
  readonly #window: RateWindow
  readonly #samples: Sample[] = []
  #current = 0

  constructor(window: RateWindow) {
    this.#window = window
  }

  record(value: number, nowMs: number): void {
    let sample = this.#samples[this.#current]
    if (sample === undefined) {
      sample = newSample(nowMs)
      this.#samples.push(sample)
    } else if (nowMs - sample.startMs >= this.#window.sampleMs) sample = this.#advance(nowMs)
    sample.value += value
    sample.lastEventMs = nowMs
  }

  /** A second. */
  measure(nowMs: number): number {
    this.#purge(nowMs)
    let total = 0
    for (const { value } of this.#samples) total += value
    return total / (this.windowMs(nowMs) / 1000)
  }

  /** What the total is divided by: all but one of the samples count as whole, even those that have not been. */
  windowMs(nowMs: number): number {
    this.#purge(nowMs)
    const { samples, sampleMs } = this.#window
    let oldestMs = nowMs
    for (const { startMs } of this.#samples) if (startMs < oldestMs) oldestMs = startMs
    const elapsedMs = nowMs - oldestMs
    const missing = Math.max(0, samples - 1 - Math.floor(elapsedMs / sampleMs))
    return Math.max(1, elapsedMs + missing * sampleMs)
  }

  /** How long to wait, recording nothing, until the rate is back at `limit`; 0 when it is not above. */
  throttleMs(limit: number, nowMs: number): number {
    const rate = this.measure(nowMs)
    return rate <= limit ? 0 : Math.round(((rate - limit) / limit) * this.windowMs(nowMs))
  }

  #advance(nowMs: number): Sample {
    // One more than are kept: the oldest overlaps the start of the window.
    this.#current = (this.#current + 1) % (this.#window.samples + 1)
    const sample = newSample(nowMs)
    this.#samples[this.#current] = sample
    return sample
  }

  #purge(nowMs: number): void {
    const { samples, sampleMs } = this.#window
    for (const sample of this.#samples) {
      if (nowMs - sample.lastEventMs >= samples * sampleMs) Object.assign(sample, newSample(nowMs))
    }
  }
}

function newSample(nowMs: number): Sample {
  return { startMs: nowMs, lastEventMs: nowMs, value: 0 }
}
