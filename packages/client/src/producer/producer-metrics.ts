/** The producer's figures under Kafka's names. */

import type { Counter, Distribution } from '../metrics/registry.ts'
import { MetricRegistry } from '../metrics/registry.ts'
import type { ProducerBatch } from './producer-batch.ts'

const GROUP = 'producer-metrics'

export class ProducerMetrics {
  readonly registry: MetricRegistry
  readonly latency: Distribution
  readonly #records: Counter
  readonly #errors: Counter
  readonly #retries: Counter
  readonly #splits: Counter
  readonly #bytes: Counter
  readonly #batchSize: Distribution
  readonly #queueTime: Distribution
  readonly #compression: Distribution

  constructor(clientId: string) {
    this.registry = new MetricRegistry({ 'client-id': clientId })
    this.#records = this.registry.counter(GROUP, 'record-send-total')
    this.#errors = this.registry.counter(GROUP, 'record-error-total')
    this.#retries = this.registry.counter(GROUP, 'record-retry-total')
    this.#splits = this.registry.counter(GROUP, 'batch-split-total')
    this.#bytes = this.registry.counter(GROUP, 'outgoing-byte-total')
    this.#batchSize = this.registry.distribution(GROUP, 'batch-size')
    this.#queueTime = this.registry.distribution(GROUP, 'record-queue-time')
    this.latency = this.registry.distribution(GROUP, 'request-latency')
    this.#compression = this.registry.distribution(GROUP, 'compression-rate')
  }

  watchMemory(totalBytes: number, availableBytes: () => number): void {
    this.registry.gauge(GROUP, 'buffer-total-bytes', () => totalBytes)
    this.registry.gauge(GROUP, 'buffer-available-bytes', availableBytes)
  }

  onSend(batch: ProducerBatch, encodedBytes: number, nowMs: number): void {
    this.#bytes.add(encodedBytes)
    this.#batchSize.record(encodedBytes)
    this.#compression.record(encodedBytes / batch.sizeBytes)
    if (batch.attempts === 1) this.#queueTime.record(nowMs - batch.createdMs)
  }

  onAcknowledge(batch: ProducerBatch): void {
    this.#records.add(batch.recordCount)
  }

  onRetry(batch: ProducerBatch): void {
    this.#retries.add(batch.recordCount)
  }

  /** A refused batch is sent again in parts, without the records that failed. */
  onDivision(failedRecords: number): void {
    this.#splits.add(1)
    this.#errors.add(failedRecords)
  }

  onFailure(batch: ProducerBatch): void {
    this.#errors.add(batch.recordCount)
  }
}
