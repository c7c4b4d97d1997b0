/** What a client without figures of its own measures: its connections. */

import type { Sampling } from './sampled.ts'
import { MetricRegistry } from './registry.ts'
import { NetworkMetrics } from './network-metrics.ts'

export class ClientMetrics {
  readonly registry: MetricRegistry
  readonly network: NetworkMetrics

  constructor(prefix: string, clientId: string, sampling: Sampling) {
    this.registry = new MetricRegistry({ 'client-id': clientId }, sampling)
    this.network = new NetworkMetrics({ registry: this.registry, prefix, clientId })
  }
}
