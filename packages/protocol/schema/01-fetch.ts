/** Fetch: reads record batches from partitions, in sessions since version 7 (KIP-227). Version 13 names topics by id. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, int8, records, string, struct, unbounded, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'Fetch',
  key: 1,
  versions: [4, 18],
  flexible: 12,
  request: {
    clusterId: string.since(12).nullable().tag(0).default(null).ignorable(),
    replicaId: int32.until(14).default(-1),
    replicaState: struct('ReplicaState', {
      replicaId: int32.default(-1),
      replicaEpoch: int64.default(-1),
    })
      .since(15)
      .tag(1),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fffffff).ignorable(),
    isolationLevel: int8.default(0).ignorable(),
    sessionId: int32.since(7).default(0).ignorable(),
    sessionEpoch: int32.since(7).default(-1).ignorable(),
    topics: array(
      struct('FetchTopic', {
        topic: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitions: array(
          struct('FetchPartition', {
            partition: int32,
            currentLeaderEpoch: int32.since(9).default(-1).ignorable(),
            fetchOffset: int64,
            lastFetchedEpoch: int32.since(12).default(-1),
            logStartOffset: int64.since(5).default(-1).ignorable(),
            partitionMaxBytes: int32,
            replicaDirectoryId: uuid.since(17).tag(0).ignorable(),
            highWatermark: int64.since(18).tag(1).default(unbounded).ignorable(),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      struct('ForgottenTopic', {
        topic: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitions: array(int32),
      }),
    ).since(7),
    rackId: string.since(11).default('').ignorable(),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    errorCode: int16.since(7).ignorable(),
    sessionId: int32.since(7).default(0),
    responses: array(
      struct('FetchableTopicResponse', {
        topic: string.until(12).ignorable(),
        topicId: uuid.since(13).ignorable(),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: int64.default(-1).ignorable(),
            logStartOffset: int64.since(5).default(-1).ignorable(),
            divergingEpoch: struct('EpochEndOffset', {
              epoch: int32.default(-1),
              endOffset: int64.default(-1),
            })
              .since(12)
              .tag(0),
            currentLeader: struct('LeaderIdAndEpoch', {
              leaderId: int32.default(-1),
              leaderEpoch: int32.default(-1),
            })
              .since(12)
              .tag(1),
            snapshotId: struct('SnapshotId', {
              endOffset: int64.default(-1),
              epoch: int32.default(-1),
            })
              .since(12)
              .tag(2),
            abortedTransactions: array(
              struct('AbortedTransaction', {
                producerId: int64,
                firstOffset: int64,
              }),
            )
              .nullable()
              .ignorable(),
            preferredReadReplica: int32.since(11).default(-1),
            records: records.nullable(),
          }),
        ),
      }),
    ),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32.mapKey(),
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .since(16)
      .tag(0),
  },
})

export default definition
