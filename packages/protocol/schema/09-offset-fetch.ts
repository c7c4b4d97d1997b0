/** OffsetFetch: reads a group's positions; many groups at once since version 8. Version 10 names topics by id. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'OffsetFetch',
  key: 9,
  versions: [1, 10],
  flexible: 6,
  request: {
    groupId: string.until(7),
    topics: array(
      struct('OffsetFetchRequestTopic', {
        name: string,
        partitionIndexes: array(int32),
      }),
    )
      .until(7)
      .nullable(2),
    groups: array(
      struct('OffsetFetchRequestGroup', {
        groupId: string,
        memberId: string.since(9).nullable().default(null).ignorable(),
        memberEpoch: int32.since(9).default(-1).ignorable(),
        topics: array(
          struct('OffsetFetchRequestTopics', {
            name: string.until(9).ignorable(),
            topicId: uuid.since(10).ignorable(),
            partitionIndexes: array(int32),
          }),
        ).nullable(),
      }),
    ).since(8),
    requireStable: bool.since(7).default(false),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array(
      struct('OffsetFetchResponseTopic', {
        name: string,
        partitions: array(
          struct('OffsetFetchResponsePartition', {
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: int32.since(5).default(-1).ignorable(),
            metadata: string.nullable(),
            errorCode: int16,
          }),
        ),
      }),
    ).until(7),
    errorCode: int16.versions(2, 7).default(0).ignorable(),
    groups: array(
      struct('OffsetFetchResponseGroup', {
        groupId: string,
        topics: array(
          struct('OffsetFetchResponseTopics', {
            name: string.until(9).ignorable(),
            topicId: uuid.since(10).ignorable(),
            partitions: array(
              struct('OffsetFetchResponsePartitions', {
                partitionIndex: int32,
                committedOffset: int64,
                committedLeaderEpoch: int32.default(-1).ignorable(),
                metadata: string.nullable(),
                errorCode: int16,
              }),
            ),
          }),
        ),
        errorCode: int16.default(0),
      }),
    ).since(8),
  },
})

export default definition
