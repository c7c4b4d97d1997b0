/** OffsetCommit: stores a group's positions. Version 10 names topics by id. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'OffsetCommit',
  key: 8,
  versions: [2, 10],
  flexible: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: int32.default(-1).ignorable(),
    memberId: string.ignorable(),
    groupInstanceId: string.since(7).nullable().default(null),
    retentionTimeMs: int64.until(4).default(-1).ignorable(),
    topics: array(
      struct('OffsetCommitRequestTopic', {
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitions: array(
          struct('OffsetCommitRequestPartition', {
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.since(6).default(-1).ignorable(),
            committedMetadata: string.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array(
      struct('OffsetCommitResponseTopic', {
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitions: array(
          struct('OffsetCommitResponsePartition', {
            partitionIndex: int32,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
})

export default definition
