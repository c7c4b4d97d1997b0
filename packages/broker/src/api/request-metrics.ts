/** Kafka's RequestMetrics, an API each. */

import type { AnyApi } from '@odradek/protocol'
import type { Histogram } from '../metrics/histogram.ts'
import type { Meter, MetricsRegistry } from '../metrics/registry.ts'
import { metricName } from '../metrics/registry.ts'

interface ApiMetrics {
  readonly requests: Meter
  readonly totalTimeMs: Histogram
  readonly requestBytes: Histogram
}

export class RequestMetrics {
  readonly #registry: MetricsRegistry
  readonly #byApi: (ApiMetrics | undefined)[] = []

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
  }

  record(api: AnyApi, totalTimeMs: number, requestBytes: number): void {
    let metrics = this.#byApi[api.key]
    if (metrics === undefined) {
      metrics = this.#create(api)
      this.#byApi[api.key] = metrics
    }
    metrics.requests.mark()
    metrics.totalTimeMs.record(totalTimeMs)
    metrics.requestBytes.record(requestBytes)
  }

  #create(api: AnyApi): ApiMetrics {
    const name = (metric: string): string => metricName('kafka.network', 'RequestMetrics', metric, { request: api.name })
    return {
      requests: this.#registry.meter(name('RequestsPerSec')),
      totalTimeMs: this.#registry.histogram(name('TotalTimeMs')),
      requestBytes: this.#registry.histogram(name('RequestBytes')),
    }
  }
}
