/** How many connections a second an address may open (KIP-612). */

import type { Clock } from '@odradek/runtime'
import type { ClientQuotas } from '../metadata/client-quotas.ts'
import { findIpLimit } from './quota-limit.ts'
import { QuotaSensors } from './quota-sensors.ts'
import type { RateWindow } from './sampled-rate.ts'

export interface ConnectionQuotaOptions {
  readonly quotas: ClientQuotas
  readonly window: RateWindow
  readonly clock: Clock
}

export class ConnectionQuota {
  readonly #options: ConnectionQuotaOptions
  readonly #sensors: QuotaSensors

  constructor(options: ConnectionQuotaOptions) {
    this.#options = options
    this.#sensors = new QuotaSensors({ window: options.window, onAdded: () => undefined, onRemoved: () => undefined })
  }

  /** Counts a connection; above 0 it is not to be taken, and to be closed after that many milliseconds, so that its client slows down. */
  record(ip: string): number {
    const { quotas, clock, window } = this.#options
    if (quotas.revision === 0) return 0
    const limit = findIpLimit(quotas, 'connection_creation_rate', ip)
    if (limit === undefined) return 0
    const nowMs = clock.monotonicMs()
    const { rate } = this.#sensors.get(ip, nowMs)
    rate.record(1, nowMs)
    const throttleMs = Math.min(window.sampleMs, rate.throttleMs(limit, nowMs))
    if (throttleMs > 0) rate.record(-1, nowMs)
    return throttleMs
  }
}
