/** TxnOffsetCommit: stores a group's positions as part of a transaction. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'TxnOffsetCommit',
  key: 28,
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: int32.since(3).default(-1),
    memberId: string.since(3).default(''),
    groupInstanceId: string.since(3).nullable().default(null),
    topics: array(
      struct('TxnOffsetCommitRequestTopic', {
        name: string,
        partitions: array(
          struct('TxnOffsetCommitRequestPartition', {
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.since(2).default(-1).ignorable(),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct('TxnOffsetCommitResponseTopic', {
        name: string,
        partitions: array(
          struct('TxnOffsetCommitResponsePartition', {
            partitionIndex: int32,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
})

export default definition
