/** The producer's figures under Kafka's names, and what subscribers of the channels `odradek:producer:*` are told. */

import type { KafkaError } from '../errors/kafka-error.ts'
import { channels } from '../metrics/channels.ts'
import type { Answer } from '../metrics/network-metrics.ts'
import { NetworkMetrics } from '../metrics/network-metrics.ts'
import type { MetricScope } from '../metrics/registry.ts'
import { MetricRegistry } from '../metrics/registry.ts'
import type { Sampled, Sampling } from '../metrics/sampled.ts'
import { Series } from '../metrics/series.ts'
import type { ProducerBatch } from './producer-batch.ts'

const NS_PER_MS = 1_000_000

interface Deliveries {
  readonly sent: Sampled
  readonly retried: Sampled
  readonly failed: Sampled
}

interface TopicFigures extends Deliveries {
  readonly bytes: Sampled
  readonly compression: Sampled
}

export class ProducerMetrics {
  readonly registry: MetricRegistry
  readonly network: NetworkMetrics
  readonly #nowMs: () => number
  readonly #scope: MetricScope
  readonly #all: Deliveries
  readonly #topics: Series<TopicFigures>
  readonly #batchSize: Sampled
  readonly #queueTime: Sampled
  readonly #compression: Sampled
  readonly #recordSize: Sampled
  readonly #recordsPerRequest: Sampled
  readonly #throttle: Sampled
  readonly #splits: Sampled
  readonly #exhausted: Sampled
  readonly #waited: Sampled
  #waiting = 0

  constructor(clientId: string, sampling: Sampling) {
    this.registry = new MetricRegistry({ 'client-id': clientId }, sampling)
    this.#nowMs = sampling.nowMs
    const onAnswer = (_exchange: unknown, answer: Answer): void => this.#throttle.record(answer.throttleTimeMs)
    this.network = new NetworkMetrics({ registry: this.registry, prefix: 'producer', clientId, onAnswer })
    const scope = this.registry.scope('producer-metrics')
    this.#scope = scope
    this.#all = deliveries(scope)
    this.#batchSize = scope.distribution('batch-size')
    this.#queueTime = scope.distribution('record-queue-time')
    this.#throttle = scope.distribution('produce-throttle-time')
    this.#splits = scope.meter('batch-split')
    this.#exhausted = scope.meter('buffer-exhausted')
    this.#compression = scope.sampled()
    scope.gauge('compression-rate-avg', () => this.#compression.average)
    this.#recordSize = scope.sampled()
    scope.gauge('record-size-avg', () => this.#recordSize.average)
    this.#recordsPerRequest = scope.sampled()
    scope.gauge('records-per-request-avg', () => this.#recordsPerRequest.average)
    this.#waited = scope.sampled()
    scope.gauge('bufferpool-wait-time-ns-total', () => this.#waited.total)
    scope.gauge('bufferpool-wait-ratio', () => this.#waited.rate / (1000 * NS_PER_MS))
    scope.gauge('waiting-threads', () => this.#waiting)
    this.#topics = new Series(this.registry, 'producer-topic-metrics', (topic) => {
      const compression = topic.sampled()
      topic.gauge('compression-rate', () => compression.average)
      return { ...deliveries(topic), bytes: topic.meter('byte'), compression }
    })
  }

  watchMemory(totalBytes: number, availableBytes: () => number): void {
    this.#scope.gauge('buffer-total-bytes', () => totalBytes)
    this.#scope.gauge('buffer-available-bytes', availableBytes)
  }

  /** Counts who waits for memory, and for how long, until `freed` settles. */
  async whileWaiting(freed: Promise<void>): Promise<void> {
    const startMs = this.#nowMs()
    this.#waiting++
    try {
      await freed
    } catch (error) {
      this.#exhausted.record(1)
      throw error
    } finally {
      this.#waiting--
      this.#waited.record((this.#nowMs() - startMs) * NS_PER_MS)
    }
  }

  /** A request goes out with these batches, each of which `onSend` has been told of. */
  onRequest(batches: readonly { readonly batch: ProducerBatch }[]): void {
    let records = 0
    for (const { batch } of batches) records += batch.recordCount
    this.#recordsPerRequest.record(records)
  }

  onSend(batch: ProducerBatch, encodedBytes: number, nowMs: number): void {
    const topic = this.#topic(batch.topic, nowMs)
    const ratio = encodedBytes / batch.sizeBytes
    this.#all.sent.record(batch.recordCount, nowMs)
    topic.sent.record(batch.recordCount, nowMs)
    topic.bytes.record(encodedBytes, nowMs)
    topic.compression.record(ratio, nowMs)
    this.#batchSize.record(encodedBytes, nowMs)
    this.#compression.record(ratio, nowMs)
    this.#recordSize.record(batch.sizeBytes / batch.recordCount, nowMs)
    if (batch.attempts === 1) this.#queueTime.record(nowMs - batch.createdMs, nowMs)
    if (channels['odradek:producer:send'].hasSubscribers)
      channels['odradek:producer:send'].publish({ ...this.#describe(batch), bytes: encodedBytes })
  }

  onAcknowledge(batch: ProducerBatch): void {
    if (channels['odradek:producer:acknowledge'].hasSubscribers) channels['odradek:producer:acknowledge'].publish(this.#describe(batch))
  }

  onRetry(batch: ProducerBatch): void {
    this.#all.retried.record(batch.recordCount)
    this.#topic(batch.topic).retried.record(batch.recordCount)
    if (channels['odradek:producer:retry'].hasSubscribers)
      channels['odradek:producer:retry'].publish({ ...this.#describe(batch), error: batch.lastError })
  }

  onFailure(batch: ProducerBatch, error: KafkaError): void {
    this.#all.failed.record(batch.recordCount)
    this.#topic(batch.topic).failed.record(batch.recordCount)
    if (channels['odradek:producer:error'].hasSubscribers) channels['odradek:producer:error'].publish({ ...this.#describe(batch), error })
  }

  /** A refused batch is sent again in parts (KIP-126), without the records that failed (KIP-467). */
  onDivision(batch: ProducerBatch, failures: ReadonlyMap<number, KafkaError>): void {
    this.#splits.record(1)
    const { topic, partition, attempts } = batch
    for (const error of failures.values()) this.#onFailedRecord(topic, partition, attempts, error)
  }

  /** The record is in no batch. */
  onRefusal(topic: string | undefined, partition: number | undefined, error: KafkaError): void {
    this.#onFailedRecord(topic ?? '', partition ?? -1, 0, error)
  }

  #onFailedRecord(topic: string, partition: number, attempt: number, error: KafkaError): void {
    this.#all.failed.record(1)
    // One that names no topic is in no topic's figures.
    if (topic !== '') this.#topic(topic).failed.record(1)
    if (!channels['odradek:producer:error'].hasSubscribers) return
    channels['odradek:producer:error'].publish({ clientId: this.network.clientId, topic, partition, records: 1, attempt, error })
  }

  #topic(topic: string, now?: number): TopicFigures {
    return this.#topics.get(topic, () => ({ topic }), now)
  }

  #describe({ topic, partition, recordCount, attempts }: ProducerBatch) {
    return { clientId: this.network.clientId, topic, partition, records: recordCount, attempt: attempts }
  }
}

function deliveries(scope: MetricScope): Deliveries {
  return { sent: scope.meter('record-send'), retried: scope.meter('record-retry'), failed: scope.meter('record-error') }
}
