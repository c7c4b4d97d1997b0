/** What every client of Kafka's measures of its connections, under Kafka's names, in all and by node. */

import type { AnyApi } from '@odradek/protocol'
import { channels } from './channels.ts'
import type { MetricRegistry, MetricScope } from './registry.ts'
import type { Sampled } from './sampled.ts'
import { Series } from './series.ts'

/** A request and, once `latencyMs` is known, its answer. */
export interface Exchange {
  readonly address: string
  /** As in the tag `node-id`. */
  readonly node: string
  readonly api: AnyApi
  readonly version: number
  readonly requestBytes: number
}

export interface Answer {
  readonly responseBytes: number
  readonly latencyMs: number
  readonly throttleTimeMs: number
  readonly message: unknown
}

/** As they are when asked for. */
export interface NetworkState {
  readonly inFlight: number
  readonly connections: number
  /** Infinity before the first metadata. */
  readonly metadataAgeMs: number
}

export interface NetworkMetricsOptions {
  readonly registry: MetricRegistry
  /** 'producer', 'consumer' or 'admin-client': groups are called `<prefix>-metrics` and `<prefix>-node-metrics`. */
  readonly prefix: string
  readonly clientId: string
  /** Every answer, for figures of single APIs. */
  readonly onAnswer?: ((exchange: Exchange, answer: Answer) => void) | undefined
}

interface Traffic {
  readonly requestSize: Sampled
  readonly incoming: Sampled
  readonly latency: Sampled
}

/** `now` is the monotonic time. */
export class NetworkMetrics {
  readonly clientId: string
  readonly #options: NetworkMetricsOptions
  readonly #scope: MetricScope
  readonly #all: Traffic
  readonly #nodes: Series<Traffic>
  readonly #created: Sampled
  readonly #closed: Sampled

  constructor(options: NetworkMetricsOptions) {
    const { registry, prefix } = options
    this.#options = options
    this.clientId = options.clientId
    this.#scope = registry.scope(`${prefix}-metrics`)
    this.#all = traffic(this.#scope)
    this.#created = this.#scope.meter('connection-creation')
    this.#closed = this.#scope.meter('connection-close')
    this.#nodes = new Series(registry, `${prefix}-node-metrics`, traffic)
    const { requestSize, incoming } = this.#all
    this.#scope.gauge('network-io-rate', () => requestSize.countRate + incoming.countRate)
    this.#scope.gauge('network-io-total', () => requestSize.count + incoming.count)
  }

  watch(state: () => NetworkState): void {
    this.#scope.gauge('requests-in-flight', () => state().inFlight)
    this.#scope.gauge('connection-count', () => state().connections)
    this.#scope.gauge('metadata-age', () => state().metadataAgeMs / 1000)
  }

  opened(node: string, address: string): void {
    this.#created.record(1)
    const { clientId } = this
    if (channels['odradek:connection'].hasSubscribers) channels['odradek:connection'].publish({ clientId, event: 'open', node, address })
  }

  closed(node: string, address: string, error: Error): void {
    this.#closed.record(1)
    const { clientId } = this
    if (channels['odradek:connection'].hasSubscribers)
      channels['odradek:connection'].publish({ clientId, event: 'close', node, address, error })
  }

  sent({ node, requestBytes }: Exchange, now: number): void {
    this.#all.requestSize.record(requestBytes, now)
    this.#node(node, now).requestSize.record(requestBytes, now)
  }

  answered(exchange: Exchange, answer: Answer, now: number): void {
    for (const { incoming, latency } of [this.#all, this.#node(exchange.node, now)]) {
      incoming.record(answer.responseBytes, now)
      latency.record(answer.latencyMs, now)
    }
    this.#options.onAnswer?.(exchange, answer)
    if (channels['odradek:request'].hasSubscribers) this.#publish(exchange, answer, undefined)
  }

  /** The request will not be answered. */
  failed(exchange: Exchange, latencyMs: number, error: Error): void {
    if (channels['odradek:request'].hasSubscribers)
      this.#publish(exchange, { responseBytes: 0, latencyMs, throttleTimeMs: 0, message: undefined }, error)
  }

  #publish({ address, node, api, version, requestBytes }: Exchange, answer: Answer, error: Error | undefined): void {
    const { responseBytes, latencyMs, throttleTimeMs } = answer
    const { clientId } = this
    const event = { clientId, address, node, api: api.name, version, requestBytes, responseBytes, latencyMs, throttleTimeMs, error }
    channels['odradek:request'].publish(event)
  }

  #node(node: string, now: number): Traffic {
    return this.#nodes.get(node, () => ({ 'node-id': node }), now)
  }
}

function traffic(scope: MetricScope): Traffic {
  const requestSize = scope.distribution('request-size', 'request')
  scope.gauge('outgoing-byte-rate', () => requestSize.rate)
  scope.gauge('outgoing-byte-total', () => requestSize.total)
  const incoming = scope.meter('incoming-byte')
  scope.gauge('response-rate', () => incoming.countRate)
  scope.gauge('response-total', () => incoming.count)
  return { requestSize, incoming, latency: scope.distribution('request-latency') }
}
