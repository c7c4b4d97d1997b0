/** The cluster as one client sees it: nodes, the connections to them, and metadata kept fresh. */

import type { Api } from '@odradek/protocol'
import { metadata as metadataApi } from '@odradek/protocol'
import type { Runtime, TlsOptions } from '@odradek/runtime'
import type { CommonValues } from '../config/common.ts'
import type { Connection } from '../connection/connection.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import { ConnectionError, StateError } from '../errors/kafka-error.ts'
import type { HostPort } from './bootstrap-servers.ts'
import { parseBootstrapServers } from './bootstrap-servers.ts'
import { MetadataCache } from './metadata-cache.ts'
import { NodeLink } from './node-link.ts'

/** Requests that a broker may hold back (fetches, joins) go over connections of their own, so that nothing waits behind them. */
export type Channel = 'data' | 'group' | 'fetch'
const channels: readonly Channel[] = ['data', 'group', 'fetch']

export interface ClusterOptions {
  readonly runtime: Runtime
  readonly config: CommonValues
  readonly tls: TlsOptions | undefined
  readonly onLatency?: ((latencyMs: number) => void) | undefined
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
  readonly #options: ClusterOptions
  readonly #bootstrap: readonly HostPort[]
  readonly #links = new Map<string, NodeLink>()
  #isClosed = false

  /** Throws ConfigError when `bootstrap.servers` is not usable. */
  constructor(options: ClusterOptions) {
    this.#options = options
    this.runtime = options.runtime
    this.config = options.config
    this.#bootstrap = parseBootstrapServers(options.config.bootstrapServers)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  nowMs(): number {
    return this.runtime.clock.monotonicMs()
  }

  /** The connection to a node if it is open now. */
  openConnection(nodeId: number, channel: Channel = 'data'): Connection | undefined {
    const node = this.metadata.nodes.get(nodeId)
    return node === undefined ? undefined : this.#links.get(linkKey(node, channel))?.open
  }

  /** Rejects with ConnectionError when the node is unknown or cannot be reached. */
  connectionTo(nodeId: number, channel: Channel = 'data'): Promise<Connection> {
    const node = this.metadata.nodes.get(nodeId)
    if (node === undefined) return Promise.reject(new ConnectionError(`Node ${nodeId} is not in the cluster's metadata`))
    return this.#connect(this.#link(node, channel))
  }

  /** Any node that answers: the least busy open connection, else each known node, else the bootstrap servers. */
  async anyConnection(): Promise<Connection> {
    const known = [...this.metadata.nodes.values()].map((node) => this.#link(node, 'data'))
    const open = known.map((link) => link.open).filter((connection) => connection !== undefined)
    const [leastBusy] = open.sort((left, right) => left.inFlight - right.inFlight)
    if (leastBusy !== undefined) return leastBusy
    const bootstrap = this.#bootstrap.map((server) => this.#link(server, 'data'))
    let last: unknown
    for (const link of new Set([...this.#shuffled(known), ...this.#shuffled(bootstrap)])) {
      try {
        return await this.#connect(link)
      } catch (error) {
        if (this.#isClosed) throw error
        last = error
      }
    }
    const addresses = this.#bootstrap.map(({ host, port }) => `${host}:${port}`).join(', ')
    const reason = last instanceof Error ? last.message : 'no address'
    throw new ConnectionError(`No broker can be reached through ${addresses}: ${reason}`, { cause: last })
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

  async requestAny<Req, ReqIn, Res, ResIn>(api: Api<Req, ReqIn, Res, ResIn>, message: ReqIn, options: RequestOptions = {}): Promise<Res> {
    const connection = await this.anyConnection()
    return connection.send(api, message, options.timeoutMs)
  }

  /** Asks once for these topics (null: all), and remembers the answer. */
  async fetchMetadata(topics: readonly string[] | null, allowAutoTopicCreation: boolean): Promise<void> {
    const response = await this.requestAny(metadataApi, {
      topics: topics === null ? null : topics.map((name) => ({ name })),
      allowAutoTopicCreation,
    })
    this.metadata.update(response, topics === null)
    this.#dropStaleLinks()
  }

  close(reason: KafkaError = new StateError('The client is closed', 'CLOSED')): void {
    this.#isClosed = true
    for (const link of this.#links.values()) link.close(reason)
    this.#links.clear()
  }

  async #connect(link: NodeLink): Promise<Connection> {
    if (this.#isClosed) throw new StateError('The client is closed', 'CLOSED')
    return link.connection()
  }

  #link(target: HostPort, channel: Channel): NodeLink {
    const key = linkKey(target, channel)
    let link = this.#links.get(key)
    if (link === undefined) {
      link = new NodeLink(target, { ...this.#options, onLatency: this.#options.onLatency ?? (() => undefined) })
      this.#links.set(key, link)
    }
    return link
  }

  /** Closes the connections to addresses that are neither a node's any more nor in use. */
  #dropStaleLinks(): void {
    const current = new Set(
      [...this.metadata.nodes.values(), ...this.#bootstrap].flatMap((at) => channels.map((channel) => linkKey(at, channel))),
    )
    for (const [key, link] of this.#links) {
      if (current.has(key) || (link.open?.inFlight ?? 0) > 0) continue
      link.close(new ConnectionError(`${link.address} is no longer in the cluster`))
      this.#links.delete(key)
    }
  }

  /** In random order, those that backoff does not hold back first. */
  #shuffled(links: readonly NodeLink[]): readonly NodeLink[] {
    return links
      .map((link) => ({ link, order: this.runtime.random.next() + (link.backoffLeftMs > 0 ? 1 : 0) }))
      .sort((left, right) => left.order - right.order)
      .map(({ link }) => link)
  }
}

function linkKey({ host, port }: HostPort, channel: Channel): string {
  return `${channel} ${host}:${port}`
}
