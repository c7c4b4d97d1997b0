/** `consumer-coordinator-metrics`: commits, heartbeats and rebalances, measured by the answers of the coordinator. */

import { ErrorCodes } from '@odradek/protocol'
import { channels } from '../metrics/channels.ts'
import type { MetricRegistry, MetricScope } from '../metrics/registry.ts'
import type { Sampled } from '../metrics/sampled.ts'

const SECONDS_PER_HOUR = 3600

export class CoordinatorMetrics {
  readonly #clientId: string
  readonly #nowMs: () => number
  readonly #scope: MetricScope
  readonly #commits: Sampled
  readonly #joins: Sampled
  readonly #syncs: Sampled
  readonly #heartbeats: Sampled
  readonly #rebalances: Sampled
  readonly #failures: Sampled
  #heartbeatMs: number
  #rebalancedMs: number
  /** Since when this member asks to be let in. */
  #joiningSinceMs: number | undefined

  constructor(registry: MetricRegistry, clientId: string) {
    const { nowMs } = registry.sampling
    this.#clientId = clientId
    this.#nowMs = nowMs
    this.#heartbeatMs = Number.NaN
    this.#rebalancedMs = Number.NaN
    const scope = registry.scope('consumer-coordinator-metrics')
    this.#scope = scope
    this.#commits = scope.distribution('commit-latency', 'commit')
    this.#joins = scope.distribution('join-time', 'join')
    this.#syncs = scope.distribution('sync-time', 'sync')
    this.#heartbeats = scope.sampled()
    scope.gauge('heartbeat-response-time-max', () => this.#heartbeats.max)
    scope.gauge('heartbeat-rate', () => this.#heartbeats.countRate)
    scope.gauge('heartbeat-total', () => this.#heartbeats.count)
    scope.gauge('last-heartbeat-seconds-ago', () => secondsSince(this.#heartbeatMs, nowMs()))
    this.#rebalances = scope.distribution('rebalance-latency')
    scope.gauge('rebalance-latency-total', () => this.#rebalances.total)
    scope.gauge('rebalance-total', () => this.#rebalances.count)
    scope.gauge('rebalance-rate-per-hour', () => this.#rebalances.countRate * SECONDS_PER_HOUR)
    scope.gauge('last-rebalance-seconds-ago', () => secondsSince(this.#rebalancedMs, nowMs()))
    this.#failures = scope.sampled()
    scope.gauge('failed-rebalance-total', () => this.#failures.count)
    scope.gauge('failed-rebalance-rate-per-hour', () => this.#failures.countRate * SECONDS_PER_HOUR)
  }

  watchAssignment(count: () => number): void {
    this.#scope.gauge('assigned-partitions', count)
  }

  onCommit(isRefused: boolean, latencyMs: number): void {
    this.#commits.record(latencyMs)
    if (channels['odradek:consumer:commit'].hasSubscribers)
      channels['odradek:consumer:commit'].publish({ clientId: this.#clientId, latencyMs, isRefused })
  }

  onHeartbeat(latencyMs: number): void {
    this.#heartbeats.record(latencyMs)
    this.#heartbeatMs = this.#nowMs() - latencyMs
  }

  onJoin(errorCode: number, latencyMs: number): void {
    this.#joiningSinceMs ??= this.#nowMs() - latencyMs
    if (errorCode === ErrorCodes.NONE) this.#joins.record(latencyMs)
    // The first half of joining: the coordinator has given this member its id.
    else if (errorCode !== ErrorCodes.MEMBER_ID_REQUIRED) this.#onFailure()
  }

  onSync(errorCode: number, latencyMs: number): void {
    if (errorCode !== ErrorCodes.NONE) {
      this.#onFailure()
      return
    }
    this.#syncs.record(latencyMs)
    const now = this.#nowMs()
    this.#rebalancedMs = now
    const tookMs = now - (this.#joiningSinceMs ?? now)
    this.#joiningSinceMs = undefined
    this.#rebalances.record(tookMs)
    this.#publish(tookMs, false)
  }

  #onFailure(): void {
    this.#failures.record(1)
    this.#publish(this.#nowMs() - (this.#joiningSinceMs ?? this.#nowMs()), true)
  }

  #publish(latencyMs: number, isFailed: boolean): void {
    if (channels['odradek:consumer:rebalance'].hasSubscribers)
      channels['odradek:consumer:rebalance'].publish({ clientId: this.#clientId, latencyMs, isFailed })
  }
}

/** −1 before there was one, as in Kafka. */
function secondsSince(atMs: number, now: number): number {
  return Number.isNaN(atMs) ? -1 : Math.floor((now - atMs) / 1000)
}
