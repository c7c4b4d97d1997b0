/** One quota of users and client ids, as produced or fetched bytes count against it (Kafka's ClientQuotaManager). */

import type { Clock } from '@odradek/runtime'
import type { ClientQuotas } from '../metadata/client-quotas.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import { metricName } from '../metrics/registry.ts'
import type { QuotaLimit } from './quota-limit.ts'
import { findClientLimit } from './quota-limit.ts'
import type { QuotaSensor } from './quota-sensors.ts'
import { QuotaSensors } from './quota-sensors.ts'
import type { RateWindow } from './sampled-rate.ts'

export interface ClientQuotaOptions {
  readonly quotas: ClientQuotas
  /** Such as `producer_byte_rate`. */
  readonly key: string
  /** Kafka's metric type: Produce or Fetch. */
  readonly metricType: string
  readonly window: RateWindow
  readonly clock: Clock
  readonly metrics: MetricsRegistry
}

/** Limits that have been looked up, of as many clients as this. */
const knownLimitsMax = 10_000
const throttleMsMax = 2_147_483_647

export class ClientQuota {
  readonly #options: ClientQuotaOptions
  readonly #sensors: QuotaSensors
  readonly #limits = new Map<string, QuotaLimit | undefined>()
  #limitsRevision = -1

  constructor(options: ClientQuotaOptions) {
    this.#options = options
    const { metrics, metricType } = options
    this.#sensors = new QuotaSensors({
      window: options.window,
      onAdded: (name, sensor) => this.#register(name, sensor),
      onRemoved: (name) => {
        for (const metric of ['byte-rate', 'throttle-time']) metrics.remove(metricName('kafka.server', metricType, metric, tagsOf(name)))
      },
    })
  }

  /** Counts `value` and returns for how long the client is to be left waiting, in milliseconds; 0 when it is within its quota. */
  record(user: string, clientId: string, value: number): number {
    const found = this.#limit(user, clientId)
    if (found === undefined) return 0
    const nowMs = this.#options.clock.monotonicMs()
    const sensor = this.#sensors.get(sensorName(found), nowMs)
    sensor.rate.record(value, nowMs)
    return Math.min(throttleMsMax, sensor.rate.throttleMs(found.limit, nowMs))
  }

  /** Takes back what `record` has counted and the client does not get after all. */
  unrecord(user: string, clientId: string, value: number): void {
    const found = this.#limit(user, clientId)
    if (found === undefined) return
    const nowMs = this.#options.clock.monotonicMs()
    this.#sensors.get(sensorName(found), nowMs).rate.record(-value, nowMs)
  }

  /** Notes, for the metrics, that the client was left waiting. */
  throttled(user: string, clientId: string, throttleMs: number): void {
    const found = this.#limit(user, clientId)
    if (found === undefined) return
    const sensor = this.#sensors.get(sensorName(found), this.#options.clock.monotonicMs())
    sensor.throttleCount++
    sensor.throttleMsSum += throttleMs
  }

  /** More than this at once would be throttled whatever came before; Infinity without a quota. */
  maxInWindow(user: string, clientId: string): number {
    const { samples, sampleMs } = this.#options.window
    const found = this.#limit(user, clientId)
    return found === undefined ? Number.POSITIVE_INFINITY : (found.limit * (samples - 1) * sampleMs) / 1000
  }

  #limit(user: string, clientId: string): QuotaLimit | undefined {
    const { quotas, key } = this.#options
    if (quotas.revision === 0) return undefined
    if (this.#limitsRevision !== quotas.revision || this.#limits.size >= knownLimitsMax) {
      this.#limits.clear()
      this.#limitsRevision = quotas.revision
    }
    const name = `${user}\0${clientId}`
    if (this.#limits.has(name)) return this.#limits.get(name)
    const found = findClientLimit(quotas, key, user, clientId)
    this.#limits.set(name, found)
    return found
  }

  #register(name: string, sensor: QuotaSensor): void {
    const { metrics, metricType, clock } = this.#options
    const tags = tagsOf(name)
    metrics.gauge(metricName('kafka.server', metricType, 'byte-rate', tags), () => sensor.rate.measure(clock.monotonicMs()))
    metrics.gauge(metricName('kafka.server', metricType, 'throttle-time', tags), () =>
      sensor.throttleCount === 0 ? 0 : sensor.throttleMsSum / sensor.throttleCount,
    )
  }
}

function sensorName({ user, clientId }: QuotaLimit): string {
  return `${user}\0${clientId}`
}

function tagsOf(name: string): Record<string, string> {
  const [user = '', clientId = ''] = name.split('\0')
  return { user, 'client-id': clientId }
}
