/** Builds the state that the nodes share, over an open data directory. */

import type { Runtime } from '@odradek/runtime'
import type { Authorizer } from './api/authorizer.ts'
import type { Cluster } from './cluster.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { logConfigOf } from './config/topic-config.ts'
import type { GroupCoordinatorConfig } from './coordinator/group/group-config.ts'
import { defaultGroupCoordinatorConfig } from './coordinator/group/group-config.ts'
import { GroupCoordinator, groupTopic } from './coordinator/group/group-coordinator.ts'
import { registerGroupMetrics } from './coordinator/group/group-metrics.ts'
import { endTransactionOn } from './coordinator/transaction/marker-writer.ts'
import type { TransactionCoordinatorConfig } from './coordinator/transaction/transaction-config.ts'
import { defaultTransactionCoordinatorConfig } from './coordinator/transaction/transaction-config.ts'
import { TransactionCoordinator, transactionTopic } from './coordinator/transaction/transaction-coordinator.ts'
import type { Logger } from './logger.ts'
import { followConfigs } from './metadata/dynamic-configs.ts'
import { Leadership } from './metadata/leadership.ts'
import type { PartitionRecord } from './metadata/metadata-records.ts'
import type { MetadataStore } from './metadata/metadata-store.ts'
import { PartitionRegistry } from './metadata/partition-registry.ts'
import { ProducerIds } from './metadata/producer-ids.ts'
import { TopicStore } from './metadata/topic-store.ts'
import type { PartitionState, Topic } from './metadata/topic.ts'
import { noLeader } from './metadata/topic.ts'
import { BrokerTopicMetrics } from './metrics/broker-topic-metrics.ts'
import { metricName, MetricsRegistry } from './metrics/registry.ts'
import type { BrokerNode } from './node.ts'
import type { Partition } from './partition/partition.ts'
import { createQuotas } from './quota/quotas.ts'
import type { Quotas } from './quota/quotas.ts'
import type { LogConfig } from './storage/log-config.ts'

export interface ClusterStateOptions {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly clusterId: string
  readonly dataDir: string
  readonly config: BrokerConfig
  /** Every node, ascending; all of them run at first. */
  readonly nodes: readonly [BrokerNode, ...BrokerNode[]]
  readonly metadata: MetadataStore
  readonly authorizer: Authorizer
  readonly openPartition: (topic: Topic, partition: number, config: LogConfig) => Promise<Partition>
}

export class ClusterState implements Cluster {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly clusterId: string
  readonly dataDir: string
  readonly config: BrokerConfig
  readonly registeredNodes: ReadonlyMap<number, BrokerNode>
  readonly metadata: MetadataStore
  readonly leadership: Leadership
  readonly topics: TopicStore
  readonly partitions: PartitionRegistry
  readonly producerIds: ProducerIds
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly authorizer: Authorizer
  readonly quotas: Quotas
  readonly metrics: MetricsRegistry = new MetricsRegistry()
  readonly topicMetrics: BrokerTopicMetrics = new BrokerTopicMetrics(this.metrics)
  readonly #closeListeners = new Set<() => void>()
  readonly #firstNodeId: number
  #nodes: ReadonlyMap<number, BrokerNode>

  constructor(options: ClusterStateOptions) {
    const { runtime, logger, config, metadata } = options
    const { nodeId } = options.nodes[0]
    this.runtime = runtime
    this.logger = logger
    this.clusterId = options.clusterId
    this.dataDir = options.dataDir
    this.config = config
    this.authorizer = options.authorizer
    this.registeredNodes = new Map(options.nodes.map((node) => [node.nodeId, node]))
    this.#nodes = this.registeredNodes
    this.#firstNodeId = nodeId
    this.metadata = metadata
    const nodeIds = [...this.registeredNodes.keys()]
    const liveNodeIds = (): readonly number[] => [...this.#nodes.keys()]
    this.leadership = new Leadership(metadata, nodeIds, liveNodeIds)
    this.partitions = new PartitionRegistry(
      (topic, partition) => options.openPartition(topic, partition, logConfigOf(topic.configs, config)),
      (partition) => this.#followLeader(partition),
    )
    const deleteLogs = (topic: Topic): Promise<void> => this.#deleteLogs(topic)
    this.topics = new TopicStore({ metadata, config, random: runtime.random, nodeIds, liveNodeIds, deleteLogs })
    const window = { samples: config.get('quota.window.num'), sampleMs: config.get('quota.window.size.seconds') * 1000 }
    this.quotas = createQuotas(metadata.image.quotas, window, runtime.clock, this.metrics)
    this.producerIds = new ProducerIds(metadata, nodeId)
    const openLog =
      (topic: string) =>
      (partition: number): Promise<Partition> =>
        this.#openInternalLog(topic, partition)
    this.groups = new GroupCoordinator({ runtime, logger, config: groupConfig(config), openLog: openLog(groupTopic) })
    this.transactions = new TransactionCoordinator({
      runtime,
      logger,
      config: transactionConfig(config),
      openLog: openLog(transactionTopic),
      leaderEpoch: (partition) => this.topics.get(transactionTopic)?.partitions[partition]?.leaderEpoch ?? 0,
      writeMarker: (topic, partition, marker) => endTransactionOn(this, topic, partition, marker),
      nextProducerId: () => this.producerIds.next(),
    })
    followConfigs(metadata, config, this.partitions, nodeId)
    metadata.onChange((records) => {
      for (const record of records) if (record.type === 'partition') this.#leaderChanged(record)
    })
    this.#registerGauges()
    registerGroupMetrics(this.metrics, this.groups)
  }

  get nodes(): ReadonlyMap<number, BrokerNode> {
    return this.#nodes
  }

  get controllerId(): number {
    const [first] = this.#nodes.keys()
    return first ?? this.#firstNodeId
  }

  /** Takes a node in or out; what it leads is another matter, which `leadership.settle` sees to. */
  setRunning(nodeId: number, isRunning: boolean): void {
    const runs = (id: number): boolean => (id === nodeId ? isRunning : this.#nodes.has(id))
    this.#nodes = new Map([...this.registeredNodes].filter(([id]) => runs(id)))
  }

  async createGroupTopic(): Promise<void> {
    const { name, partitions } = await this.topics.ensureConsumerOffsets()
    this.groups.start(partitions.length, (partition) => this.topics.get(name)?.partitions[partition]?.leaderId !== noLeader)
  }

  async createTransactionTopic(): Promise<void> {
    const { name, partitions } = await this.topics.ensureTransactionState()
    this.transactions.start(partitions.length, (partition) => this.topics.get(name)?.partitions[partition]?.leaderId !== noLeader)
  }

  whenClosing(listener: () => void): () => void {
    this.#closeListeners.add(listener)
    return () => this.#closeListeners.delete(listener)
  }

  /** Answers whoever waits, so that the connections can end. */
  beginClosing(): void {
    for (const listener of this.#closeListeners) listener()
    this.transactions.close()
    this.groups.close()
  }

  #leaderChanged({ topicId, partition, leader }: PartitionRecord): void {
    const topic = this.topics.byId(topicId)
    if (topic === undefined) return
    const open = this.partitions.opened(topic.name, partition)
    if (open !== undefined) this.#followLeader(open)
    if (topic.name === groupTopic) this.groups.changeLeader(partition, leader !== noLeader)
    if (topic.name === transactionTopic) this.transactions.changeLeader(partition, leader !== noLeader)
  }

  #followLeader(partition: Partition): void {
    const state = this.topics.byId(partition.topicId)?.partitions[partition.partition]
    if (state !== undefined) partition.changeLeader(state.leaderEpoch)
  }

  async #openInternalLog(name: string, partition: number): Promise<Partition> {
    const topic = this.topics.get(name)
    if (topic === undefined) throw new Error(`${name} does not exist`)
    return this.partitions.open(topic, partition)
  }

  async #deleteLogs(topic: Topic): Promise<void> {
    this.topicMetrics.remove(topic.name)
    await this.groups.topicDeleted(topic.name, topic.id)
    try {
      await this.partitions.delete(topic)
    } catch (error) {
      this.logger.error(
        `the files of deleted topic ${topic.name} could not be removed: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  #countPartitions(counts: (state: PartitionState) => boolean): number {
    let count = 0
    for (const { partitions } of this.topics.all()) for (const state of partitions) if (counts(state)) count++
    return count
  }

  #registerGauges(): void {
    const { image } = this.metadata
    const gauge = (group: string, type: string, name: string, read: () => number): void =>
      this.metrics.gauge(metricName(group, type, name), read)
    gauge('kafka.server', 'ReplicaManager', 'PartitionCount', () => image.partitionCount)
    gauge('kafka.server', 'ReplicaManager', 'LeaderCount', () => image.partitionCount)
    gauge('kafka.server', 'ReplicaManager', 'UnderReplicatedPartitions', () =>
      this.#countPartitions(({ replicas }) => !replicas.every((replica) => this.#nodes.has(replica))),
    )
    gauge('kafka.controller', 'KafkaController', 'GlobalTopicCount', () => image.topicCount)
    gauge('kafka.controller', 'KafkaController', 'GlobalPartitionCount', () => image.partitionCount)
    gauge('kafka.controller', 'KafkaController', 'OfflinePartitionsCount', () =>
      this.#countPartitions(({ leaderId }) => leaderId === noLeader),
    )
    gauge('kafka.controller', 'KafkaController', 'ActiveControllerCount', () => 1)
  }
}

function groupConfig(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    ...defaultGroupCoordinatorConfig,
    initialRebalanceDelayMs: config.get('group.initial.rebalance.delay.ms'),
    maxSize: config.get('group.max.size'),
    minSessionTimeoutMs: config.get('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: config.get('group.max.session.timeout.ms'),
    offsetMetadataMaxBytes: config.get('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.get('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: config.get('offsets.retention.check.interval.ms'),
    commitTimeoutMs: config.get('offsets.commit.timeout.ms'),
  }
}

function transactionConfig(config: BrokerConfig): TransactionCoordinatorConfig {
  return {
    ...defaultTransactionCoordinatorConfig,
    maxTimeoutMs: config.get('transaction.max.timeout.ms'),
    idExpirationMs: config.get('transactional.id.expiration.ms'),
    timeoutCheckIntervalMs: config.get('transaction.abort.timed.out.transaction.cleanup.interval.ms'),
    expirationCheckIntervalMs: config.get('transaction.remove.expired.transaction.cleanup.interval.ms'),
  }
}
