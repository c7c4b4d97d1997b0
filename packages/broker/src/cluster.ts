/** The state that all nodes of one process share. Handlers reach it through their request's context. */

import type { Runtime } from '@odradek/runtime'
import type { Authorizer } from './api/authorizer.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import type { GroupCoordinator } from './coordinator/group/group-coordinator.ts'
import type { TransactionCoordinator } from './coordinator/transaction/transaction-coordinator.ts'
import type { Logger } from './logger.ts'
import type { BrokerTopicMetrics } from './metrics/broker-topic-metrics.ts'
import type { Leadership } from './metadata/leadership.ts'
import type { MetadataStore } from './metadata/metadata-store.ts'
import type { PartitionRegistry } from './metadata/partition-registry.ts'
import type { ProducerIds } from './metadata/producer-ids.ts'
import type { TopicStore } from './metadata/topic-store.ts'
import type { MetricsRegistry } from './metrics/registry.ts'
import type { BrokerNode } from './node.ts'
import type { Quotas } from './quota/quotas.ts'

export interface Cluster {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly clusterId: string
  readonly dataDir: string
  readonly config: BrokerConfig
  /** The nodes that run, by node id, in ascending order. */
  readonly nodes: ReadonlyMap<number, BrokerNode>
  /** Every node there is, those included that have been stopped. */
  readonly registeredNodes: ReadonlyMap<number, BrokerNode>
  /** The node that clients are told is the controller: the first that runs. */
  readonly controllerId: number
  readonly metadata: MetadataStore
  readonly leadership: Leadership
  readonly topics: TopicStore
  readonly partitions: PartitionRegistry
  readonly producerIds: ProducerIds
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly authorizer: Authorizer
  readonly quotas: Quotas
  readonly metrics: MetricsRegistry
  readonly topicMetrics: BrokerTopicMetrics
  /** Creates `__consumer_offsets` when there is none, and starts the group coordinator over it. */
  createGroupTopic(): Promise<void>
  /** Creates `__transaction_state` when there is none, and starts the transaction coordinator over it. */
  createTransactionTopic(): Promise<void>
  /** Calls `listener` when the broker begins to close: whoever waits should answer now. Returns the unsubscriber. */
  whenClosing(listener: () => void): () => void
}
