/** The admin client as applications see it. */

import type { TransactionStateName } from '@odradek/protocol'
import type { ClientOptions, CloseOptions } from '../config/options.ts'
import type { AdminConfig } from '../config/admin.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import type { MetricValue } from '../metrics/registry.ts'
import type { CommittedOffset, OffsetToCommit, PartitionInfo, TopicPartition, TopicPartitionOffset } from '../topic-partition.ts'

export interface AdminOptions extends Partial<AdminConfig>, ClientOptions {}

export interface NewTopic {
  readonly topic: string
  /** The broker's `num.partitions` when absent. */
  readonly partitions?: number | undefined
  /** The broker's `default.replication.factor` when absent. */
  readonly replicationFactor?: number | undefined
  /** Replica node ids a partition, instead of `partitions` and `replicationFactor`. */
  readonly assignments?: readonly (readonly number[])[] | undefined
  readonly configs?: Readonly<Record<string, string>> | undefined
}

export interface CreatedTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: number
  readonly replicationFactor: number
}

export interface TopicListing {
  readonly topic: string
  readonly topicId: string
  readonly internal: boolean
  readonly partitions: number
}

export interface TopicDescription {
  readonly topic: string
  readonly topicId: string
  readonly internal: boolean
  readonly partitions: readonly PartitionInfo[]
}

export type ConfigResourceType = 'topic' | 'broker' | 'group'

export interface ConfigResource {
  readonly type: ConfigResourceType
  readonly name: string
}

export interface ConfigEntry {
  readonly name: string
  /** Null when it is secret or unset. */
  readonly value: string | null
  readonly source:
    | 'topic'
    | 'dynamic-broker'
    | 'dynamic-default-broker'
    | 'static-broker'
    | 'default'
    | 'logger'
    | 'client-metrics'
    | 'group'
    | 'unknown'
  readonly readOnly: boolean
  readonly sensitive: boolean
  readonly documentation: string | null
}

export interface ConfigDescription extends ConfigResource {
  readonly entries: readonly ConfigEntry[]
}

export interface ConfigAlteration extends ConfigResource {
  readonly set?: Readonly<Record<string, string>> | undefined
  /** Names to take back to their defaults. */
  readonly remove?: readonly string[] | undefined
}

/** A timestamp in milliseconds, or one of the ends. */
export type OffsetSpec = 'earliest' | 'latest' | 'max-timestamp' | number

export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetSpec
}

export interface ListedOffset extends TopicPartitionOffset {
  /** −1 where the broker gives none. An `offset` of −1: no record at or after the time asked for. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

export type GroupState =
  | 'Unknown'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead'
  | 'Empty'
  | 'Assigning'
  | 'Reconciling'
  | 'NotReady'

export interface GroupListing {
  readonly groupId: string
  /** 'consumer' for consumer groups, empty for groups that only commit. */
  readonly protocolType: string
  readonly state: GroupState
  /** 'classic', 'consumer', 'share' …; empty from brokers that do not say. */
  readonly type: string
}

export interface GroupMemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Empty for members that do not speak the consumer protocol. */
  readonly assignment: readonly TopicPartition[]
}

export interface GroupDescription {
  readonly groupId: string
  readonly state: GroupState
  readonly protocolType: string
  /** The assignor agreed upon; empty without members. */
  readonly protocol: string
  readonly coordinator: NodeInfo
  readonly members: readonly GroupMemberDescription[]
}

export interface RecordsToDelete extends TopicPartition {
  /** The offset that becomes the partition's first; 'latest': all records go. */
  readonly before: number | 'latest'
}

export interface DeletedRecords extends TopicPartition {
  /** The partition's first offset now. */
  readonly startOffset: number
}

export type TransactionState = 'Unknown' | TransactionStateName

/** What is absent filters nothing. */
export interface TransactionFilter {
  readonly states?: readonly TransactionStateName[] | undefined
  readonly producerIds?: readonly number[] | undefined
  /** Milliseconds; needs Kafka 3.8 or later (KIP-994). */
  readonly runningLongerThanMs?: number | undefined
  /** A regular expression of RE2 for the whole id; needs Kafka 4.1 or later (KIP-1152). */
  readonly transactionalIdPattern?: string | undefined
}

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  readonly state: TransactionState
  /** The node that coordinates it. */
  readonly coordinatorId: number
}

export interface TransactionDescription extends TransactionListing {
  readonly producerEpoch: number
  /** `transaction.timeout.ms` of its producer. */
  readonly timeoutMs: number
  /** Milliseconds since the epoch; −1 while no transaction is open. */
  readonly startTimestampMs: number
  /** What the open transaction has touched. */
  readonly partitions: readonly TopicPartition[]
}

/** A producer as a partition remembers it. */
export interface ProducerDescription {
  readonly producerId: number
  readonly producerEpoch: number
  /** −1 when unknown. */
  readonly lastSequence: number
  /** Of its last batch, milliseconds since the epoch; −1 when unknown. */
  readonly lastTimestamp: number
  /** Of the last marker; −1 when there was none. */
  readonly coordinatorEpoch: number
  /** Where its open transaction begins; −1 when none is open. */
  readonly transactionStartOffset: number
}

export interface PartitionProducers extends TopicPartition {
  readonly producers: readonly ProducerDescription[]
}

/** A transaction on one partition, as `describeProducers` tells of it. */
export interface AbortableTransaction extends TopicPartition {
  readonly producerId: number
  readonly producerEpoch: number
  /** −1: of a transaction that has never had a marker there. */
  readonly coordinatorEpoch: number
}

export interface FencedProducer {
  readonly transactionalId: string
  readonly producerId: number
  /** The epoch that those before it are older than. */
  readonly producerEpoch: number
}

export interface NodeInfo {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface ClusterDescription {
  readonly clusterId: string | null
  /** Undefined when the cluster does not say. */
  readonly controller: NodeInfo | undefined
  readonly nodes: readonly NodeInfo[]
}

/**
 * Every call retries what is retriable within `default.api.timeout.ms` and rejects with a KafkaError. A call on several
 * resources rejects with an AggregateKafkaError when some fail, after all were tried.
 */
export interface Admin extends AsyncDisposable {
  createTopics(topics: readonly NewTopic[], options?: { readonly validateOnly?: boolean }): Promise<CreatedTopic[]>
  deleteTopics(topics: readonly string[]): Promise<void>
  listTopics(options?: { readonly includeInternal?: boolean }): Promise<TopicListing[]>
  /** Rejects with UNKNOWN_TOPIC_OR_PARTITION when one does not exist. */
  describeTopics(topics: readonly string[]): Promise<TopicDescription[]>
  /** Raises the number of partitions to `count`. */
  createPartitions(topics: readonly { readonly topic: string; readonly count: number }[]): Promise<void>
  describeConfigs(resources: readonly ConfigResource[]): Promise<ConfigDescription[]>
  /** Incremental: what is not named stays. */
  alterConfigs(alterations: readonly ConfigAlteration[]): Promise<void>
  listOffsets(
    queries: readonly OffsetQuery[],
    options?: { readonly isolationLevel?: 'read_uncommitted' | 'read_committed' },
  ): Promise<ListedOffset[]>
  listGroups(): Promise<GroupListing[]>
  /** A group that does not exist is described as 'Dead'. Rejects with AggregateKafkaError when some of several cannot be described. */
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]>
  /** Everything the group has committed, or the given partitions of it. */
  listGroupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<CommittedOffset[]>
  /**
   * Commits in the group's place; the group need not exist. Rejects with ConfigError, and sets nothing, when an offset is none; with
   * UNKNOWN_MEMBER_ID while the group has members (KIP-396). After an AggregateKafkaError those partitions that it does not name are set.
   */
  alterGroupOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Promise<void>
  /** Rejects with GROUP_SUBSCRIBED_TO_TOPIC for topics that a member subscribes to (KIP-496). */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void>
  /** Rejects with NON_EMPTY_GROUP, or GROUP_ID_NOT_FOUND. */
  deleteGroups(groupIds: readonly string[]): Promise<void>
  /** Rejects with OFFSET_OUT_OF_RANGE beyond the end, POLICY_VIOLATION for a topic whose cleanup.policy is not delete (KIP-107). */
  deleteRecords(deletions: readonly RecordsToDelete[]): Promise<DeletedRecords[]>
  /** The transactional ids of all coordinators (KIP-664). */
  listTransactions(filter?: TransactionFilter): Promise<TransactionListing[]>
  /** Rejects with TRANSACTIONAL_ID_NOT_FOUND. */
  describeTransactions(transactionalIds: readonly string[]): Promise<TransactionDescription[]>
  /** The producers that the partitions' leaders remember, with their open transactions. */
  describeProducers(partitions: readonly TopicPartition[]): Promise<PartitionProducers[]>
  /**
   * Ends an open transaction on one partition with an abort marker. For what hangs: the coordinator of a living transaction is not told.
   * Rejects with INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED.
   */
  abortTransaction(transaction: AbortableTransaction): Promise<void>
  /** Aborts what is open under these ids, and lets their present producers write no more (KIP-618). Ids that do not exist come to be. */
  fenceProducers(transactionalIds: readonly string[]): Promise<FencedProducer[]>
  describeCluster(): Promise<ClusterDescription>
  /** Figures of its connections under Kafka's names, as they are now. */
  metrics(): readonly MetricValue[]
  close(options?: CloseOptions): Promise<void>
}

/** One failure among several. */
export interface ResourceFailure {
  readonly resource: string
  readonly error: KafkaError
}
