/** DescribeTopicPartitions: partitions of topics, in pages (KIP-966). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeTopicPartitions',
  key: 75,
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: array(
      struct('TopicRequest', {
        name: string,
      }),
    ),
    responsePartitionLimit: int32.default(2000),
    cursor: struct('Cursor', {
      topicName: string,
      partitionIndex: int32,
    })
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    topics: array(
      struct('DescribeTopicPartitionsResponseTopic', {
        errorCode: int16,
        name: string.nullable().mapKey(),
        topicId: uuid.ignorable(),
        isInternal: bool.default(false).ignorable(),
        partitions: array(
          struct('DescribeTopicPartitionsResponsePartition', {
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: int32.default(-1).ignorable(),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            eligibleLeaderReplicas: array(int32).nullable().default(null),
            lastKnownElr: array(int32).nullable().default(null),
            offlineReplicas: array(int32).ignorable(),
          }),
        ),
        topicAuthorizedOperations: int32.default(-2147483648),
      }),
    ),
    nextCursor: struct('Cursor', {
      topicName: string,
      partitionIndex: int32,
    })
      .nullable()
      .default(null),
  },
})

export default definition
