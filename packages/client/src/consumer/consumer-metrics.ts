/** The consumer's figures under Kafka's names. Requests and answers are told apart here; the parts reckon. */

import type { FetchResponse, OffsetCommitResponse } from '@odradek/protocol'
import { ErrorCodes, fetch, heartbeat, joinGroup, offsetCommit, syncGroup } from '@odradek/protocol'
import type { Answer, Exchange } from '../metrics/network-metrics.ts'
import { NetworkMetrics } from '../metrics/network-metrics.ts'
import type { MetricValue } from '../metrics/registry.ts'
import { MetricRegistry } from '../metrics/registry.ts'
import type { Sampled, Sampling } from '../metrics/sampled.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { CoordinatorMetrics } from './coordinator-metrics.ts'
import type { Standing } from './fetch-metrics.ts'
import { FetchMetrics } from './fetch-metrics.ts'

/** Also sent by members that use the protocol of KIP-848. */
const CONSUMER_GROUP_HEARTBEAT_KEY = 68

export class ConsumerMetrics {
  readonly network: NetworkMetrics
  readonly #registry: MetricRegistry
  readonly #fetches: FetchMetrics
  readonly #coordinator: CoordinatorMetrics
  readonly #betweenPolls: Sampled
  readonly #idleRatio: Sampled
  readonly #nowMs: () => number
  #pollStartMs = Number.NaN
  #pollEndMs = Number.NaN
  #assigned: () => Iterable<TopicPartition> = () => []

  constructor(clientId: string, sampling: Sampling, readCommitted: boolean) {
    const registry = new MetricRegistry({ 'client-id': clientId }, sampling)
    this.#registry = registry
    this.#nowMs = sampling.nowMs
    this.#fetches = new FetchMetrics(registry, clientId, readCommitted)
    this.#coordinator = new CoordinatorMetrics(registry, clientId)
    const onAnswer = (exchange: Exchange, answer: Answer): void => this.#onAnswer(exchange, answer)
    this.network = new NetworkMetrics({ registry, prefix: 'consumer', clientId, onAnswer })
    const scope = registry.scope('consumer-metrics')
    this.#betweenPolls = scope.distribution('time-between-poll')
    this.#idleRatio = scope.sampled()
    scope.gauge('poll-idle-ratio-avg', () => this.#idleRatio.average)
    scope.gauge('last-poll-seconds-ago', () =>
      Number.isNaN(this.#pollStartMs) ? -1 : Math.floor((this.#nowMs() - this.#pollStartMs) / 1000),
    )
  }

  watchAssignment(count: () => number, partitions: () => Iterable<TopicPartition>): void {
    this.#coordinator.watchAssignment(count)
    this.#assigned = partitions
  }

  onPollStart(): void {
    const now = this.#nowMs()
    if (!Number.isNaN(this.#pollStartMs)) {
      const betweenMs = now - this.#pollStartMs
      this.#betweenPolls.record(betweenMs)
      if (betweenMs > 0) this.#idleRatio.record((this.#pollEndMs - this.#pollStartMs) / betweenMs)
    }
    this.#pollStartMs = now
  }

  onPollEnd(): void {
    this.#pollEndMs = this.#nowMs()
  }

  onChunk(place: Standing, bytes: number, logStartOffset: number): void {
    this.#fetches.onChunk(place, bytes, logStartOffset)
  }

  onTaken(place: Standing, count: number): void {
    this.#fetches.onTaken(place, count)
  }

  read(): readonly MetricValue[] {
    this.#fetches.retain(this.#assigned())
    return this.#registry.read()
  }

  #onAnswer({ api }: Exchange, answer: Answer): void {
    const { message, latencyMs } = answer
    this.#fetches.onAnswer(answer)
    if (api.key === fetch.key) this.#fetches.onResponse(message as FetchResponse, latencyMs)
    else if (api.key === offsetCommit.key) {
      const { topics } = message as OffsetCommitResponse
      this.#coordinator.onCommit(
        topics.some(({ partitions }) => partitions.some(hasFailed)),
        latencyMs,
      )
    } else if (api.key === joinGroup.key) this.#coordinator.onJoin((message as Refusable).errorCode, latencyMs)
    else if (api.key === syncGroup.key) this.#coordinator.onSync((message as Refusable).errorCode, latencyMs)
    else if (api.key === heartbeat.key || api.key === CONSUMER_GROUP_HEARTBEAT_KEY) this.#coordinator.onHeartbeat(latencyMs)
  }
}

interface Refusable {
  readonly errorCode: number
}

function hasFailed({ errorCode }: Refusable): boolean {
  return errorCode !== ErrorCodes.NONE
}
