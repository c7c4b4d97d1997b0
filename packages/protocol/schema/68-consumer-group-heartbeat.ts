/** ConsumerGroupHeartbeat: the one request by which a member joins, stays in and leaves a group under KIP-848. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct, uuid } from './language.ts'

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid,
  partitions: array(int32),
})

const definition: ApiDefinition = api({
  name: 'ConsumerGroupHeartbeat',
  key: 68,
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    subscribedTopicNames: array(string).nullable().default(null),
    subscribedTopicRegex: string.since(1).nullable().default(null),
    serverAssignor: string.nullable().default(null),
    topicPartitions: array(
      struct('TopicPartitions', {
        topicId: uuid,
        partitions: array(int32),
      }),
    )
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: struct('Assignment', {
      topicPartitions: array(topicPartitions),
    })
      .nullable()
      .default(null),
  },
})

export default definition
