/** OffsetForLeaderEpoch: where a leader epoch ended, by which a consumer detects truncation (KIP-320). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'OffsetForLeaderEpoch',
  key: 23,
  versions: [2, 4],
  flexible: 4,
  request: {
    replicaId: int32.since(3).default(-2).ignorable(),
    topics: array(
      struct('OffsetForLeaderTopic', {
        topic: string.mapKey(),
        partitions: array(
          struct('OffsetForLeaderPartition', {
            partition: int32,
            currentLeaderEpoch: int32.default(-1).ignorable(),
            leaderEpoch: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    topics: array(
      struct('OffsetForLeaderTopicResult', {
        topic: string.mapKey(),
        partitions: array(
          struct('EpochEndOffset', {
            errorCode: int16,
            partition: int32,
            leaderEpoch: int32.default(-1).ignorable(),
            endOffset: int64.default(-1),
          }),
        ),
      }),
    ),
  },
})

export default definition
