/** ListOffsets: the offset of a partition at a timestamp, or at its start, end or greatest timestamp. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ListOffsets',
  key: 2,
  versions: [1, 11],
  flexible: 6,
  request: {
    replicaId: int32,
    isolationLevel: int8.since(2),
    topics: array(
      struct('ListOffsetsTopic', {
        name: string,
        partitions: array(
          struct('ListOffsetsPartition', {
            partitionIndex: int32,
            currentLeaderEpoch: int32.since(4).default(-1).ignorable(),
            timestamp: int64,
          }),
        ),
      }),
    ),
    timeoutMs: int32.since(10).ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array(
      struct('ListOffsetsTopicResponse', {
        name: string,
        partitions: array(
          struct('ListOffsetsPartitionResponse', {
            partitionIndex: int32,
            errorCode: int16,
            timestamp: int64.default(-1),
            offset: int64.default(-1),
            leaderEpoch: int32.since(4).default(-1),
          }),
        ),
      }),
    ),
  },
})

export default definition
