/** ShareGroupHeartbeat: by which a member joins, stays in and leaves a share group (KIP-932). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct, uuid } from './language.ts'

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid,
  partitions: array(int32),
})

const definition: ApiDefinition = api({
  name: 'ShareGroupHeartbeat',
  key: 76,
  versions: [1, 1],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    rackId: string.nullable().default(null),
    subscribedTopicNames: array(string).nullable().default(null),
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
