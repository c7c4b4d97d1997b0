/** The broker in this process: `startBroker`, and what it returns. */

import { createNodeRuntime } from '@odradek/runtime'
import type { Api } from '@odradek/protocol'
import type { InterceptedCall, Interceptor } from './api/interceptors.ts'
import { Interceptors } from './api/interceptors.ts'
import type { BrokerParts } from './boot.ts'
import { boot } from './boot.ts'
import type { StartBrokerOptions, TopicOptions } from './broker-options.ts'
import { groupTopic } from './coordinator/group/group-coordinator.ts'
import { silentLogger } from './logger.ts'
import { ensureTopics } from './initial-topics.ts'
import { noLeader } from './metadata/topic.ts'
import type { MetricsRegistry } from './metrics/registry.ts'
import type { VirtualNode } from './virtual-node.ts'

export type { InterceptedCall, Interceptor }

/** How long requests in progress may take to be answered when the broker closes. */
const closeGraceMs = 1000

export class Broker {
  /** `host:port` of each node's first listener, as a client on this machine reaches it, separated by commas. */
  readonly bootstrapServers: string
  /** Of the first node, as is `port`. */
  readonly host: string
  readonly port: number
  readonly clusterId: string
  /** Of the first node. */
  readonly nodeId: number
  /** Ascending by id; one, unless `nodes` asked for more. */
  readonly nodes: readonly VirtualNode[]
  readonly dataDir: string
  readonly metrics: MetricsRegistry
  readonly #parts: BrokerParts
  readonly #interceptors: Interceptors
  #closing: Promise<void> | undefined

  constructor(parts: BrokerParts, interceptors: Interceptors) {
    this.#parts = parts
    this.#interceptors = interceptors
    const [first] = parts.nodes
    this.nodes = parts.nodes
    this.host = first.host
    this.port = first.port
    this.bootstrapServers = parts.nodes.map((node) => node.bootstrapServers).join(',')
    this.clusterId = parts.cluster.clusterId
    this.nodeId = first.nodeId
    this.dataDir = parts.directory.path
    this.metrics = parts.cluster.metrics
  }

  /** Creates the topics that do not exist yet. Rejects with MetadataError when one cannot be created, with ConfigError for a value that is no text. */
  createTopics(topics: Readonly<Record<string, TopicOptions>>): Promise<void> {
    return ensureTopics(this.#parts.cluster, topics)
  }

  /** Id of the node that leads the partition; −1 while it is offline, undefined when there is no such partition. */
  leaderOf(topic: string, partition: number): number | undefined {
    return this.#parts.cluster.topics.get(topic)?.partitions[partition]?.leaderId
  }

  /**
   * Makes a node the leader of a partition, in a new leader epoch; nothing happens when it leads already. The node joins the replicas
   * in place of the old leader when it is not one of them. Resolves when clients see it. Rejects with MetadataError when there is no
   * such partition or when the node does not run.
   */
  moveLeader(topic: string, partition: number, nodeId: number): Promise<void> {
    return this.#parts.cluster.leadership.move(topic, partition, nodeId)
  }

  /** Id of the node that coordinates the group; −1 while none does. Creates `__consumer_offsets` when there is none. */
  async coordinatorOf(groupId: string): Promise<number> {
    const partition = await this.#groupPartition(groupId)
    return this.leaderOf(groupTopic, partition) ?? noLeader
  }

  /**
   * Makes a node the coordinator of a group, and of every group in the same partition of `__consumer_offsets`, by moving that partition's
   * leader. Members that wait are sent away with NOT_COORDINATOR; joins in progress and sessions begin anew on the other node, which
   * answers COORDINATOR_LOAD_IN_PROGRESS until it has read the log. Resolves when clients see the move. Rejects with MetadataError when the
   * node does not run.
   */
  async moveCoordinator(groupId: string, nodeId: number): Promise<void> {
    await this.moveLeader(groupTopic, await this.#groupPartition(groupId), nodeId)
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

  async #groupPartition(groupId: string): Promise<number> {
    const { cluster } = this.#parts
    await cluster.createGroupTopic()
    return cluster.groups.partitionOf(groupId)
  }

  async #close(): Promise<void> {
    const { nodes, cluster, logs, directory, removeDirectory } = this.#parts
    await Promise.all(nodes.map((node) => node.stopAccepting()))
    cluster.beginClosing()
    await Promise.all(nodes.map((node) => node.endConnections(closeGraceMs)))
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
