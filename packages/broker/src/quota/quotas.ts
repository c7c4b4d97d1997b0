/** The quotas of a broker, each as the part that acts on it needs it. */

import type { Clock } from '@odradek/runtime'
import type { ClientQuotas } from '../metadata/client-quotas.ts'
import type { MetricsRegistry } from '../metrics/registry.ts'
import { ClientQuota } from './client-quota.ts'
import { ConnectionQuota } from './connection-quota.ts'
import type { RateWindow } from './sampled-rate.ts'

export interface Quotas {
  readonly produce: ClientQuota
  readonly fetch: ClientQuota
  readonly connections: ConnectionQuota
}

export function createQuotas(quotas: ClientQuotas, window: RateWindow, clock: Clock, metrics: MetricsRegistry): Quotas {
  const common = { quotas, window, clock, metrics }
  return {
    produce: new ClientQuota({ ...common, key: 'producer_byte_rate', metricType: 'Produce' }),
    fetch: new ClientQuota({ ...common, key: 'consumer_byte_rate', metricType: 'Fetch' }),
    connections: new ConnectionQuota(common),
  }
}
