/** ShareGroupDescribe: state, members and assignments of share groups (KIP-932). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, string, struct, uuid } from './language.ts'

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
})

const assignment = struct('Assignment', {
  topicPartitions: array(topicPartitions),
})

const definition: ApiDefinition = api({
  name: 'ShareGroupDescribe',
  key: 77,
  versions: [1, 1],
  flexible: 0,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
  },
  response: {
    throttleTimeMs: int32,
    groups: array(
      struct('DescribedGroup', {
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        groupId: string,
        groupState: string,
        groupEpoch: int32,
        assignmentEpoch: int32,
        assignorName: string,
        members: array(
          struct('Member', {
            memberId: string,
            rackId: string.nullable().default(null),
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            assignment: assignment,
          }),
        ),
        authorizedOperations: int32.default(-2147483648),
      }),
    ),
  },
})

export default definition
