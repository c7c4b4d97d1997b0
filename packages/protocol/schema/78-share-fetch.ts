/** ShareFetch: acquires records for a share group's member and acknowledges earlier ones (KIP-932). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, int8, records, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ShareFetch',
  key: 78,
  versions: [1, 2],
  flexible: 0,
  request: {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    shareSessionEpoch: int32,
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: int32.default(0x7fffffff),
    maxRecords: int32,
    batchSize: int32,
    shareAcquireMode: int8.since(2).default(0).ignorable(),
    isRenewAck: bool.since(2).default(false),
    topics: array(
      struct('FetchTopic', {
        topicId: uuid.mapKey(),
        partitions: array(
          struct('FetchPartition', {
            partitionIndex: int32.mapKey(),
            acknowledgementBatches: array(
              struct('AcknowledgementBatch', {
                firstOffset: int64,
                lastOffset: int64,
                acknowledgeTypes: array(int8),
              }),
            ),
          }),
        ),
      }),
    ),
    forgottenTopicsData: array(
      struct('ForgottenTopic', {
        topicId: uuid,
        partitions: array(int32),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32,
    responses: array(
      struct('ShareFetchableTopicResponse', {
        topicId: uuid.mapKey(),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            acknowledgeErrorCode: int16,
            acknowledgeErrorMessage: string.nullable().default(null),
            currentLeader: struct('LeaderIdAndEpoch', {
              leaderId: int32,
              leaderEpoch: int32,
            }),
            records: records,
            acquiredRecords: array(
              struct('AcquiredRecords', {
                firstOffset: int64,
                lastOffset: int64,
                deliveryCount: int16,
              }),
            ),
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
    ),
  },
})

export default definition
