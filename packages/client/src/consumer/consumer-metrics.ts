/** The consumer's figures under Kafka's names. */

import type { Counter, Distribution } from '../metrics/registry.ts'
import { MetricRegistry } from '../metrics/registry.ts'

const FETCH_GROUP = 'consumer-fetch-manager-metrics'
const COORDINATOR_GROUP = 'consumer-coordinator-metrics'

export class ConsumerMetrics {
  readonly registry: MetricRegistry
  readonly latency: Distribution
  readonly rebalances: Counter
  readonly commits: Counter
  readonly heartbeats: Counter
  readonly #records: Counter
  readonly #bytes: Counter
  readonly #fetchSize: Distribution

  constructor(clientId: string) {
    this.registry = new MetricRegistry({ 'client-id': clientId })
    this.#records = this.registry.counter(FETCH_GROUP, 'records-consumed-total')
    this.#bytes = this.registry.counter(FETCH_GROUP, 'bytes-consumed-total')
    this.#fetchSize = this.registry.distribution(FETCH_GROUP, 'fetch-size')
    this.latency = this.registry.distribution('consumer-metrics', 'request-latency')
    this.rebalances = this.registry.counter(COORDINATOR_GROUP, 'rebalance-total')
    this.commits = this.registry.counter(COORDINATOR_GROUP, 'commit-total')
    this.heartbeats = this.registry.counter(COORDINATOR_GROUP, 'heartbeat-total')
  }

  onRecords(count: number): void {
    this.#records.add(count)
  }

  onFetch(sizeBytes: number): void {
    this.#bytes.add(sizeBytes)
    this.#fetchSize.record(sizeBytes)
  }
}
