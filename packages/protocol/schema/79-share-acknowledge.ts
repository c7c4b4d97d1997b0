/** ShareAcknowledge: acknowledges records acquired by a share group's member (KIP-932). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, int8, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ShareAcknowledge',
  key: 79,
  versions: [1, 2],
  flexible: 0,
  request: {
    groupId: string.nullable().default(null),
    memberId: string.nullable(),
    shareSessionEpoch: int32,
    isRenewAck: bool.since(2).default(false),
    topics: array(
      struct('AcknowledgeTopic', {
        topicId: uuid.mapKey(),
        partitions: array(
          struct('AcknowledgePartition', {
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
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    acquisitionLockTimeoutMs: int32.since(2).ignorable(),
    responses: array(
      struct('ShareAcknowledgeTopicResponse', {
        topicId: uuid.mapKey(),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            currentLeader: struct('LeaderIdAndEpoch', {
              leaderId: int32,
              leaderEpoch: int32,
            }),
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
