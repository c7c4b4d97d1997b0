/** The broker in this process: `startBroker`, and what it returns. */

import { createNodeRuntime } from '@odradek/runtime'
import type { Api } from '@odradek/protocol'
import type { InterceptedCall, Interceptor } from './api/interceptors.ts'
import { Interceptors } from './api/interceptors.ts'
import type { BrokerParts } from './boot.ts'
import { boot } from './boot.ts'
import type { StartBrokerOptions, TopicOptions } from './broker-options.ts'
import { silentLogger } from './logger.ts'
import { ensureTopics } from './initial-topics.ts'
import type { MetricsRegistry } from './metrics/registry.ts'

export type { InterceptedCall, Interceptor }

/** How long requests in progress may take to be answered when the broker closes. */
const closeGraceMs = 1000

export class Broker {
  /** `host:port` of the first listener, as a client on this machine reaches it. */
  readonly bootstrapServers: string
  readonly host: string
  readonly port: number
  readonly clusterId: string
  readonly nodeId: number
  readonly dataDir: string
  readonly metrics: MetricsRegistry
  readonly #parts: BrokerParts
  readonly #interceptors: Interceptors
  #closing: Promise<void> | undefined

  constructor(parts: BrokerParts, interceptors: Interceptors) {
    this.#parts = parts
    this.#interceptors = interceptors
    this.host = parts.reachable.host
    this.port = parts.reachable.port
    this.bootstrapServers = `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`
    this.clusterId = parts.cluster.clusterId
    this.nodeId = parts.cluster.controllerId
    this.dataDir = parts.directory.path
    this.metrics = parts.cluster.metrics
  }

  /** Creates the topics that do not exist yet. Rejects with MetadataError when one cannot be created. */
  createTopics(topics: Readonly<Record<string, TopicOptions>>): Promise<void> {
    return ensureTopics(this.#parts.cluster, topics)
  }

  /**
   * Lets `intercept` see every request of an API before the broker does: to delay it, to drop it, to answer in the broker's place.
   * Returns the function that ends it.
   */
  intercept<Request, RequestInput, Response, ResponseInput>(
    api: Api<Request, RequestInput, Response, ResponseInput>,
    intercept: Interceptor<Request, ResponseInput>,
  ): () => void {
    return this.#interceptors.add(api, intercept)
  }

  /** Answers what is in progress, closes every log and gives the data directory back. Rejects when a log could not be closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { servers, connections, cluster, logs, directory, removeDirectory } = this.#parts
    await Promise.all(servers.map((server) => server.close()))
    cluster.beginClosing()
    await connections.close(closeGraceMs)
    try {
      await cluster.metadata.close()
      await cluster.partitions.close()
      await logs.close()
    } finally {
      await directory.release()
      await removeDirectory()
    }
  }
}

/**
 * Starts a broker. Resolves when it serves. Throws ConfigError for a configuration that is not valid, DataDirectoryError when the data
 * directory cannot be used, ListenError when the port cannot be had, each with a one-line message that says what to do.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<Broker> {
  const runtime = options.runtime ?? createNodeRuntime()
  const interceptors = new Interceptors()
  const parts = await boot({ ...options, runtime, logger: options.logger ?? silentLogger }, interceptors)
  return new Broker(parts, interceptors)
}
