/** Rates under way, one for each whose use is added up; bounded, and forgotten after an hour without use, as Kafka's sensors are. */

import type { RateWindow } from './sampled-rate.ts'
import { SampledRate } from './sampled-rate.ts'

const idleMsMax = 3_600_000
/** Client ids are what clients say: whoever makes them up must not fill the memory. */
const sensorsMax = 10_000

export interface QuotaSensor {
  readonly rate: SampledRate
  lastUsedMs: number
  throttleCount: number
  throttleMsSum: number
}

export interface QuotaSensorsOptions {
  readonly window: RateWindow
  onAdded(name: string, sensor: QuotaSensor): void
  onRemoved(name: string): void
}

export class QuotaSensors {
  readonly #options: QuotaSensorsOptions
  readonly #sensors = new Map<string, QuotaSensor>()

  constructor(options: QuotaSensorsOptions) {
    this.#options = options
  }

  get(name: string, nowMs: number): QuotaSensor {
    let sensor = this.#sensors.get(name)
    if (sensor === undefined) {
      this.#makeRoom(nowMs)
      sensor = { rate: new SampledRate(this.#options.window), lastUsedMs: nowMs, throttleCount: 0, throttleMsSum: 0 }
      this.#sensors.set(name, sensor)
      this.#options.onAdded(name, sensor)
    }
    sensor.lastUsedMs = nowMs
    return sensor
  }

  #makeRoom(nowMs: number): void {
    for (const [name, { lastUsedMs }] of this.#sensors) if (nowMs - lastUsedMs >= idleMsMax) this.#remove(name)
    const [oldest] = this.#sensors.keys()
    if (oldest !== undefined && this.#sensors.size >= sensorsMax) this.#remove(oldest)
  }

  #remove(name: string): void {
    this.#sensors.delete(name)
    this.#options.onRemoved(name)
  }
}
