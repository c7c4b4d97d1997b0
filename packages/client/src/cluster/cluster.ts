/** The cluster as one client sees it: requests to a node or to any, and metadata from whoever has it. */

import type { AnyApi, Api, MetadataResponse } from '@odradek/protocol'
import { describeCluster, ErrorCodes, findCoordinator, initProducerId, metadata as metadataApi } from '@odradek/protocol'
import type { Runtime, TlsOptions } from '@odradek/runtime'
import type { CommonValues } from '../config/common.ts'
import type { Connection } from '../connection/connection.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import { ConnectionError, StateError, TimeoutError } from '../errors/kafka-error.ts'
import { channels } from '../metrics/channels.ts'
import type { NetworkMetrics } from '../metrics/network-metrics.ts'
import type { HostPort } from './bootstrap-servers.ts'
import { parseBootstrapServers } from './bootstrap-servers.ts'
import { hedged } from './hedged.ts'
import { MetadataCache } from './metadata-cache.ts'
import type { NodeLink } from './node-link.ts'
import type { Channel } from './node-links.ts'
import { NodeLinks, PATIENCE_MS } from './node-links.ts'

export type { Channel } from './node-links.ts'

/** How many brokers are asked at a time for what any of them can answer, while those before keep silent. */
const MAX_ASKED_AT_ONCE = 3
/** What may be asked twice without harm: an unused producer id is no loss. */
const repeatable: ReadonlySet<number> = new Set([metadataApi.key, findCoordinator.key, describeCluster.key, initProducerId.key])

export interface ClusterOptions {
  readonly runtime: Runtime
  readonly config: CommonValues
  readonly tls: TlsOptions | undefined
  readonly metrics: NetworkMetrics
}

export interface RequestOptions {
  readonly channel?: Channel | undefined
  /** Default `request.timeout.ms`. */
  readonly timeoutMs?: number | undefined
}

export class Cluster {
  readonly runtime: Runtime
  readonly config: CommonValues
  readonly metadata: MetadataCache = new MetadataCache()
  readonly #metrics: NetworkMetrics
  readonly #bootstrap: readonly HostPort[]
  readonly #links: NodeLinks
  #isClosed = false
  /** When metadata was asked for that has not come yet. */
  #askingSinceMs: number | undefined
  #updatedMs = Number.NEGATIVE_INFINITY

  /** Throws ConfigError when `bootstrap.servers` is not usable. */
  constructor(options: ClusterOptions) {
    this.runtime = options.runtime
    this.config = options.config
    this.#metrics = options.metrics
    this.#bootstrap = parseBootstrapServers(options.config.bootstrapServers)
    this.#links = new NodeLinks(this.#bootstrap, options)
    options.metrics.watch(() => ({
      inFlight: this.#links.inFlight,
      connections: this.#links.openCount,
      metadataAgeMs: this.nowMs() - this.#updatedMs,
    }))
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  nowMs(): number {
    return this.runtime.clock.monotonicMs()
  }

  /** The connection to a node if requests can be sent over it now. */
  openConnection(nodeId: number, channel: Channel = 'data'): Connection | undefined {
    const node = this.metadata.nodes.get(nodeId)
    return node === undefined ? undefined : this.#links.find(node, channel)?.open
  }

  /** Waits while the broker throttles this client. Rejects with ConnectionError when the node is unknown or cannot be reached. */
  connectionTo(nodeId: number, channel: Channel = 'data'): Promise<Connection> {
    const node = this.metadata.nodes.get(nodeId)
    if (node === undefined) return Promise.reject(new ConnectionError(`Node ${nodeId} is not in the cluster's metadata`))
    return this.#connect(this.#links.toNode(node, channel))
  }

  /** The addresses of brokers that have kept this client waiting for so long. */
  silentFor(waitedMs: number): readonly string[] {
    return this.#links.silentFor(waitedMs)
  }

  /** To any node that accepts: the least busy of those connected, else each known node, else the bootstrap servers. */
  anyConnection(): Promise<Connection> {
    return this.#ofAny((link) => this.#connect(link))
  }

  async request<Req, ReqIn, Res, ResIn>(
    nodeId: number,
    api: Api<Req, ReqIn, Res, ResIn>,
    message: ReqIn,
    options: RequestOptions = {},
  ): Promise<Res> {
    const connection = await this.connectionTo(nodeId, options.channel)
    return connection.send(api, message, options.timeoutMs)
  }

  /** Asks another node too when the first keeps silent, where that does no harm. */
  async requestAny<Req, ReqIn, Res, ResIn>(api: Api<Req, ReqIn, Res, ResIn>, message: ReqIn, options: RequestOptions = {}): Promise<Res> {
    if (!isRepeatable(api)) return (await this.anyConnection()).send(api, message, options.timeoutMs)
    return this.#ofAny(async (link) => (await this.#connect(link)).send(api, message, options.timeoutMs))
  }

  /** Asks once for these topics (null: all), and remembers the answer. */
  async fetchMetadata(topics: readonly string[] | null, allowAutoTopicCreation: boolean): Promise<void> {
    this.#startOverWhenDue()
    let response = await this.#askForMetadata(topics, allowAutoTopicCreation)
    if (response.errorCode === ErrorCodes.REBOOTSTRAP_REQUIRED && this.#mayStartOver) {
      this.#startOver('a broker asks for it (REBOOTSTRAP_REQUIRED)')
      response = await this.#askForMetadata(topics, allowAutoTopicCreation)
    }
    if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, 'Cannot get metadata')
    this.#askingSinceMs = undefined
    this.#updatedMs = this.nowMs()
    this.metadata.update(response, topics === null)
    this.#links.dropStale(this.metadata.nodes.values())
    this.#publish('update')
  }

  close(reason: KafkaError = new StateError('The client is closed', 'CLOSED')): void {
    this.#isClosed = true
    this.#links.closeAll(reason)
  }

  async #askForMetadata(topics: readonly string[] | null, allowAutoTopicCreation: boolean): Promise<MetadataResponse> {
    const message = { topics: topics === null ? null : topics.map((name) => ({ name })), allowAutoTopicCreation }
    const known = this.#known()
    const { link, response } = await this.#ofAny(async (candidate) => ({
      link: candidate,
      response: await (await this.#connect(candidate)).send(metadataApi, message),
    }))
    // None of the brokers that were known can be reached: what they said of leaders is void (KIP-899).
    if (known.length > 0 && !known.includes(link)) this.#startOver('none of the known brokers answers', link)
    return response
  }

  get #mayStartOver(): boolean {
    return this.config.metadataRecoveryStrategy === 'rebootstrap'
  }

  /** `metadata.recovery.rebootstrap.trigger.ms` (KIP-1102). */
  #startOverWhenDue(): void {
    const now = this.nowMs()
    const waitedMs = now - (this.#askingSinceMs ??= now)
    const triggerMs = this.config.metadataRecoveryRebootstrapTriggerMs
    if (!this.#mayStartOver || waitedMs === 0 || waitedMs < triggerMs || this.metadata.nodes.size === 0) return
    this.#startOver(`no metadata for ${Math.round(waitedMs)} ms`)
    this.#askingSinceMs = now
  }

  /** Forgets all brokers and all connections but those of `bootstrap.servers`. */
  #startOver(reason: string, spared?: NodeLink): void {
    this.metadata.reset()
    this.#links.closeAll(new ConnectionError(`Starting over from bootstrap.servers: ${reason}`), spared)
    this.#publish('rebootstrap', reason)
  }

  #publish(event: 'update' | 'rebootstrap', reason?: string): void {
    if (!channels['odradek:metadata'].hasSubscribers) return
    const { clusterId, nodes } = this.metadata
    channels['odradek:metadata'].publish({ clientId: this.#metrics.clientId, event, clusterId, nodes: nodes.size, reason })
  }

  async #connect(link: NodeLink): Promise<Connection> {
    if (this.#isClosed) throw new StateError('The client is closed', 'CLOSED')
    return link.connection()
  }

  /** Bootstrap servers are asked when no known broker answers. Rejects with ConnectionError when nobody does, else with the answer's error. */
  async #ofAny<T>(ask: (link: NodeLink) => Promise<T>): Promise<T> {
    const known = this.#known()
    const others = known.length === 0 || this.#mayStartOver ? this.#links.toBootstrap().filter((link) => !known.includes(link)) : []
    let last: unknown
    for (const links of [known, others]) {
      if (links.length === 0) continue
      try {
        return await this.#firstOf(links, ask)
      } catch (error) {
        last = error
        if (!this.#mayAskAnother(error)) break
      }
    }
    throw this.#mayAskAnother(last) ? this.#unreachable(last) : last
  }

  #firstOf<T>(links: readonly NodeLink[], ask: (link: NodeLink) => Promise<T>): Promise<T> {
    return hedged(this.#links.byReluctance(links), ask, {
      clock: this.runtime.clock,
      patienceMs: PATIENCE_MS,
      maxAtOnce: MAX_ASKED_AT_ONCE,
      mayTryNext: (error) => this.#mayAskAnother(error),
    })
  }

  #mayAskAnother(error: unknown): boolean {
    return !this.#isClosed && (error instanceof ConnectionError || error instanceof TimeoutError)
  }

  #unreachable(cause: unknown): unknown {
    if (!(cause instanceof ConnectionError)) return cause
    const addresses = this.#bootstrap.map(({ host, port }) => `${host}:${port}`).join(', ')
    return new ConnectionError(`No broker can be reached through ${addresses}: ${cause.message}`, { cause })
  }

  #known(): readonly NodeLink[] {
    return [...this.metadata.nodes.values()].map((node) => this.#links.toNode(node, 'data'))
  }
}

function isRepeatable({ key }: AnyApi): boolean {
  return repeatable.has(key)
}
