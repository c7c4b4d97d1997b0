/** `consumer-fetch-manager-metrics`: what is fetched and handed over, in all, by topic and by partition. */

import type { FetchResponse } from '@odradek/protocol'
import { channels } from '../metrics/channels.ts'
import type { Answer } from '../metrics/network-metrics.ts'
import type { MetricRegistry, MetricScope } from '../metrics/registry.ts'
import type { Sampled } from '../metrics/sampled.ts'
import { Series } from '../metrics/series.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'

const GROUP = 'consumer-fetch-manager-metrics'

/** Where a consumer stands in a partition. */
export interface Standing extends TopicPartition {
  readonly position: number | undefined
  readonly highWatermark: number
  readonly lastStableOffset: number
}

interface Consumed {
  readonly records: Sampled
  readonly bytes: Sampled
  readonly fetchSize: Sampled
}

interface PartitionFigures {
  readonly lag: Sampled
  readonly lead: Sampled
  logStartOffset: number
}

export class FetchMetrics {
  readonly #clientId: string
  readonly #readCommitted: boolean
  readonly #all: Consumed
  readonly #lag: Sampled
  readonly #lead: Sampled
  readonly #latency: Sampled
  readonly #throttle: Sampled
  readonly #topics: Series<Consumed>
  readonly #partitions: Series<PartitionFigures>

  constructor(registry: MetricRegistry, clientId: string, readCommitted: boolean) {
    this.#clientId = clientId
    this.#readCommitted = readCommitted
    const scope = registry.scope(GROUP)
    this.#all = consumed(scope)
    this.#latency = scope.distribution('fetch-latency', 'fetch')
    this.#throttle = scope.distribution('fetch-throttle-time')
    this.#lag = scope.sampled()
    scope.gauge('records-lag-max', () => this.#lag.max)
    this.#lead = scope.sampled()
    scope.gauge('records-lead-min', () => this.#lead.min)
    this.#topics = new Series(registry, GROUP, consumed)
    this.#partitions = new Series(registry, GROUP, (partition) => {
      const lag = partition.sampled()
      partition.gauge('records-lag', () => lag.last)
      partition.gauge('records-lag-avg', () => lag.average)
      partition.gauge('records-lag-max', () => lag.max)
      const lead = partition.sampled()
      partition.gauge('records-lead', () => lead.last)
      partition.gauge('records-lead-avg', () => lead.average)
      partition.gauge('records-lead-min', () => lead.min)
      return { lag, lead, logStartOffset: -1 }
    })
  }

  /** Any answer may carry a throttle time. */
  onAnswer({ throttleTimeMs }: Answer): void {
    this.#throttle.record(throttleTimeMs)
  }

  onResponse(response: FetchResponse, latencyMs: number): void {
    this.#latency.record(latencyMs)
    let bytes = 0
    for (const { partitions } of response.responses) for (const { records } of partitions) bytes += records?.length ?? 0
    if (bytes > 0) this.#all.fetchSize.record(bytes)
  }

  /** Records of a partition have come. */
  onChunk(place: Standing, bytes: number, logStartOffset: number): void {
    const { topic, partition, highWatermark } = place
    this.#all.bytes.record(bytes)
    const figures = this.#topics.get(topic, () => ({ topic }))
    figures.bytes.record(bytes)
    figures.fetchSize.record(bytes)
    this.#partition(place).logStartOffset = logStartOffset
    if (channels['odradek:consumer:fetch'].hasSubscribers)
      channels['odradek:consumer:fetch'].publish({ clientId: this.#clientId, topic, partition, bytes, highWatermark })
  }

  /** Records of a partition were handed over, up to its position. */
  onTaken(place: Standing, count: number): void {
    this.#all.records.record(count)
    this.#topics.get(place.topic, () => ({ topic: place.topic })).records.record(count)
    const { position } = place
    const endOffset = this.#readCommitted ? place.lastStableOffset : place.highWatermark
    if (position === undefined || endOffset < 0) return
    const { lag, lead, logStartOffset } = this.#partition(place)
    const records = Math.max(0, endOffset - position)
    lag.record(records)
    this.#lag.record(records)
    if (logStartOffset < 0) return
    lead.record(position - logStartOffset)
    this.#lead.record(position - logStartOffset)
  }

  /** Drops the figures of partitions that are not assigned any more. */
  retain(assigned: Iterable<TopicPartition>): void {
    const keys = new Set<string>()
    for (const { topic, partition } of assigned) keys.add(partitionKey(topic, partition))
    this.#partitions.retain((key) => keys.has(key))
  }

  #partition({ topic, partition }: TopicPartition): PartitionFigures {
    return this.#partitions.get(partitionKey(topic, partition), () => ({ topic, partition: String(partition) }))
  }
}

function consumed(scope: MetricScope): Consumed {
  const records = scope.meter('records-consumed')
  const fetchSize = scope.distribution('fetch-size')
  scope.gauge('records-per-request-avg', () => records.recentSum / fetchSize.recentCount)
  return { records, bytes: scope.meter('bytes-consumed'), fetchSize }
}
