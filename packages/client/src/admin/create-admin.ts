/** The admin client: one object over the areas of administration. */

import { describeCluster, ErrorCodes } from '@odradek/protocol'
import { Cluster } from '../cluster/cluster.ts'
import { Coordinators } from '../cluster/coordinators.ts'
import { EARLIEST_TIMESTAMP, findOffsets, LATEST_TIMESTAMP, MAX_TIMESTAMP } from '../cluster/list-offsets.ts'
import { retryUntil } from '../cluster/retry.ts'
import { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import { adminDefaults, adminKeys } from '../config/admin.ts'
import { resolveClient } from '../config/client-config.ts'
import type { ClientOptions } from '../config/options.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { ClientMetrics } from '../metrics/client-metrics.ts'
import { samplingOf } from '../metrics/sampled.ts'
import { ConfigAdmin } from './configs.ts'
import { GroupOffsetAdmin } from './group-offsets.ts'
import { GroupAdmin } from './groups.ts'
import { abortOnPartition, describePartitionProducers } from './partition-producers.ts'
import { deleteRecordsBefore } from './records.ts'
import { TopicAdmin } from './topics.ts'
import { TransactionAdmin } from './transactions.ts'
import type { Admin, AdminOptions, ClusterDescription, ListedOffset, OffsetQuery, OffsetSpec } from './types.ts'

/** Throws ConfigError. */
export function createAdmin(shared: ClientOptions, options: AdminOptions, onClose: () => void): Admin {
  const { runtime, common, tls, own } = resolveClient(adminKeys, shared, options, [], adminDefaults)
  const timeoutMs = own.defaultApiTimeoutMs
  const metrics = new ClientMetrics('admin-client', common.clientId, samplingOf(runtime.clock, common))
  const cluster = new Cluster({ runtime, config: common, tls, metrics: metrics.network })
  const topicsOfInterest = new TopicsOfInterest(cluster, { allowAutoTopicCreation: false, failOnUnknown: true })
  const calls = { cluster, topics: topicsOfInterest, coordinators: new Coordinators(cluster), timeoutMs }
  const topics = new TopicAdmin(calls)
  const configs = new ConfigAdmin(calls)
  const groups = new GroupAdmin(calls)
  const groupOffsets = new GroupOffsetAdmin(calls)
  const transactions = new TransactionAdmin(calls)
  const close = (): Promise<void> => {
    topicsOfInterest.close()
    cluster.close()
    onClose()
    return Promise.resolve()
  }
  return {
    createTopics: (list, { validateOnly = false } = {}) => topics.create(list, validateOnly),
    deleteTopics: (list) => topics.delete(list),
    listTopics: ({ includeInternal = false } = {}) => topics.list(includeInternal),
    describeTopics: (list) => topics.describe(list),
    createPartitions: (list) => topics.createPartitions(list),
    describeConfigs: (resources) => configs.describe(resources),
    alterConfigs: (alterations) => configs.alter(alterations),
    listOffsets: (queries, { isolationLevel = 'read_uncommitted' } = {}) =>
      listOffsets(cluster, topicsOfInterest, queries, { isolationLevel, deadlineMs: cluster.nowMs() + timeoutMs }),
    listGroups: () => groups.list(),
    describeGroups: (groupIds) => groups.describe(groupIds),
    listGroupOffsets: (groupId, partitions) => groupOffsets.list(groupId, partitions),
    alterGroupOffsets: (groupId, offsets) => groupOffsets.alter(groupId, offsets),
    deleteGroupOffsets: (groupId, partitions) => groupOffsets.delete(groupId, partitions),
    deleteGroups: (groupIds) => groups.delete(groupIds),
    deleteRecords: (deletions) => deleteRecordsBefore(calls, deletions),
    listTransactions: (filter = {}) => transactions.list(filter),
    describeTransactions: (transactionalIds) => transactions.describe(transactionalIds),
    describeProducers: (partitions) => describePartitionProducers(calls, partitions),
    abortTransaction: (transaction) => abortOnPartition(calls, transaction),
    fenceProducers: (transactionalIds) => transactions.fence(transactionalIds),
    describeCluster: () => retryUntil(cluster, cluster.nowMs() + timeoutMs, 'describeCluster', () => askForCluster(cluster)),
    metrics: () => metrics.registry.read(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function listOffsets(
  cluster: Cluster,
  topics: TopicsOfInterest,
  queries: readonly OffsetQuery[],
  options: { readonly isolationLevel: 'read_uncommitted' | 'read_committed'; readonly deadlineMs: number },
): Promise<ListedOffset[]> {
  for (const { topic } of queries) topics.touch(topic, cluster.nowMs())
  const timestamps = queries.map(({ topic, partition, at }) => ({ topic, partition, timestamp: toTimestamp(at) }))
  return findOffsets(cluster, topics, timestamps, options)
}

function toTimestamp(at: OffsetSpec): number {
  return at === 'latest' ? LATEST_TIMESTAMP : at === 'earliest' ? EARLIEST_TIMESTAMP : at === 'max-timestamp' ? MAX_TIMESTAMP : at
}

async function askForCluster(cluster: Cluster): Promise<ClusterDescription> {
  const response = await cluster.requestAny(describeCluster, { includeClusterAuthorizedOperations: false })
  if (response.errorCode !== ErrorCodes.NONE) throw brokerError(response.errorCode, 'Cannot describe the cluster', response.errorMessage)
  const nodes = response.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack }))
  return { clusterId: response.clusterId, controller: nodes.find(({ id }) => id === response.controllerId), nodes }
}
