/** One valid request of every API that the broker advertises, in every version. */

import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  alterClientQuotas,
  alterConfigs,
  type AnyApi,
  type Api,
  apiVersions,
  createPartitions,
  createTopics,
  deleteGroups,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeClientQuotas,
  describeConfigs,
  describeGroups,
  describeLogDirs,
  describeProducers,
  describeTopicPartitions,
  describeTransactions,
  electLeaders,
  encodeRequestFrame,
  endTxn,
  fetch,
  findCoordinator,
  heartbeat,
  incrementalAlterConfigs,
  initProducerId,
  joinGroup,
  leaveGroup,
  listConfigResources,
  listGroups,
  listOffsets,
  listTransactions,
  metadata,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  offsetForLeaderEpoch,
  produce,
  syncGroup,
  txnOffsetCommit,
  writeTxnMarkers,
} from '@odradek/protocol'

export const topic = 'fuzzed'
const group = 'fuzzed-group'
const transaction = { transactionalId: 'fuzzed-transaction', producerId: 1, producerEpoch: 0 }
const member = { groupId: group, generationId: 1, memberId: 'member-1' }

export interface RequestContents {
  readonly topicId: string
  readonly records: Buffer
}

interface Sample {
  readonly api: AnyApi
  frame(version: number): Buffer
}

function sample<Req, Input, Res, ResInput>(api: Api<Req, Input, Res, ResInput>, request: (version: number) => Input): Sample {
  return { api, frame: (version) => Buffer.concat(encodeRequestFrame(api, version, 77, 'fuzz', request(version))) }
}

/** By API key. */
export function samples({ topicId, records }: RequestContents): Map<number, Sample> {
  const all = [...dataSamples(topicId, records), ...groupSamples(topicId), ...adminSamples()]
  return new Map(all.map((one) => [one.api.key, one]))
}

function dataSamples(topicId: string, records: Buffer): Sample[] {
  const named = (version: number, since: number): { topic: string } | { topicId: string } => (version >= since ? { topicId } : { topic })
  const fetched = { partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }
  return [
    sample(produce, (version) => {
      const partitionData = [{ index: 0, records }]
      return { acks: -1, timeoutMs: 100, topicData: [version >= 13 ? { topicId, partitionData } : { name: topic, partitionData }] }
    }),
    sample(fetch, (version) => ({
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 100_000,
      topics: [{ ...named(version, 13), partitions: [fetched] }],
    })),
    sample(listOffsets, () => ({ replicaId: -1, topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }] })),
    sample(metadata, (version) => ({ topics: version >= 10 ? [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: topic }] : [{ name: topic }] })),
    sample(apiVersions, (version) => (version >= 3 ? { clientSoftwareName: 'fuzz', clientSoftwareVersion: '1.0' } : {})),
    sample(initProducerId, () => ({ transactionalId: null, transactionTimeoutMs: 1000 })),
    sample(offsetForLeaderEpoch, (version) => ({
      ...(version >= 3 ? { replicaId: -1 } : {}),
      topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: 0, leaderEpoch: 0 }] }],
    })),
  ]
}

function groupSamples(topicId: string): Sample[] {
  const committed = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'note' }]
  return [
    sample(offsetCommit, (version) => ({
      groupId: group,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [version >= 10 ? { topicId, partitions: committed } : { name: topic, partitions: committed }],
    })),
    sample(offsetFetch, (version) => {
      if (version < 8) return { groupId: group, topics: [{ name: topic, partitionIndexes: [0] }] }
      const wanted = version >= 10 ? { topicId, partitionIndexes: [0] } : { name: topic, partitionIndexes: [0] }
      return { groups: [{ groupId: group, topics: [wanted] }] }
    }),
    sample(findCoordinator, (version) => (version >= 4 ? { keyType: 0, coordinatorKeys: [group] } : { key: group })),
    sample(joinGroup, () => ({
      groupId: group,
      sessionTimeoutMs: 6000,
      memberId: 'member-1',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from([0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]) }],
    })),
    sample(heartbeat, () => member),
    sample(leaveGroup, (version) =>
      version >= 3 ? { groupId: group, members: [{ memberId: 'member-1' }] } : { groupId: group, memberId: 'member-1' },
    ),
    sample(syncGroup, () => ({ ...member, assignments: [{ memberId: 'member-1', assignment: Buffer.from([0, 1]) }] })),
    sample(describeGroups, () => ({ groups: [group] })),
    sample(listGroups, (version) => (version >= 4 ? { statesFilter: ['Stable'] } : {})),
    sample(deleteGroups, () => ({ groupsNames: [group] })),
    sample(offsetDelete, () => ({ groupId: group, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] })),
  ]
}

/** Nothing here creates anything: what a mutation makes of it must not fill the disk. */
function adminSamples(): Sample[] {
  const creatable = {
    name: 'new',
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [{ name: 'retention.ms', value: '1' }],
  }
  const setting = { name: 'retention.ms', value: '1000' }
  const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
  return [
    sample(createTopics, () => ({ topics: [creatable], timeoutMs: 100, validateOnly: true })),
    sample(deleteTopics, (version) =>
      version >= 6 ? { topics: [{ name: 'none', topicId: zeroId }], timeoutMs: 100 } : { topicNames: ['none'], timeoutMs: 100 },
    ),
    sample(deleteRecords, () => ({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }], timeoutMs: 100 })),
    sample(createPartitions, () => ({ topics: [{ name: topic, count: 2, assignments: null }], timeoutMs: 100, validateOnly: true })),
    sample(describeConfigs, () => ({ resources: [{ resourceType: 2, resourceName: topic, configurationKeys: ['retention.ms'] }] })),
    sample(alterConfigs, () => ({ resources: [{ resourceType: 2, resourceName: topic, configs: [setting] }], validateOnly: true })),
    sample(incrementalAlterConfigs, () => ({
      resources: [{ resourceType: 2, resourceName: topic, configs: [{ ...setting, configOperation: 0 }] }],
      validateOnly: true,
    })),
    sample(describeLogDirs, () => ({ topics: [{ topic, partitions: [0] }] })),
    sample(describeCluster, () => ({ includeClusterAuthorizedOperations: true })),
    sample(addPartitionsToTxn, (version) => {
      const topics = [{ name: topic, partitions: [0] }]
      if (version >= 4) return { transactions: [{ ...transaction, topics }] }
      return {
        v3AndBelowTransactionalId: transaction.transactionalId,
        v3AndBelowProducerId: transaction.producerId,
        v3AndBelowProducerEpoch: transaction.producerEpoch,
        v3AndBelowTopics: topics,
      }
    }),
    sample(addOffsetsToTxn, () => ({ ...transaction, groupId: group })),
    sample(endTxn, () => ({ ...transaction, committed: true })),
    sample(writeTxnMarkers, () => {
      const topics = [{ name: topic, partitionIndexes: [0] }]
      return { markers: [{ producerId: 1, producerEpoch: 0, transactionResult: true, topics, coordinatorEpoch: 0 }] }
    }),
    sample(txnOffsetCommit, () => {
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }]
      return { ...transaction, groupId: group, topics: [{ name: topic, partitions }] }
    }),
    sample(describeTransactions, () => ({ transactionalIds: [transaction.transactionalId] })),
    sample(listTransactions, () => ({ stateFilters: ['Ongoing'], producerIdFilters: [1] })),
    sample(describeProducers, () => ({ topics: [{ name: topic, partitionIndexes: [0] }] })),
    sample(listConfigResources, (version) => (version >= 1 ? { resourceTypes: [2] } : {})),
    sample(describeTopicPartitions, () => ({ topics: [{ name: topic }], cursor: { topicName: topic, partitionIndex: 0 } })),
    sample(electLeaders, () => ({ topicPartitions: [{ topic, partitions: [0] }] })),
    sample(describeClientQuotas, () => ({ components: [{ entityType: 'user', matchType: 0, match: 'nobody' }], strict: true })),
    sample(alterClientQuotas, () => ({
      entries: [
        { entity: [{ entityType: 'user', entityName: 'nobody' }], ops: [{ key: 'producer_byte_rate', value: 1_000_000, remove: false }] },
      ],
      validateOnly: true,
    })),
  ]
}
