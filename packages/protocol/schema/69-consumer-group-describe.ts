/** ConsumerGroupDescribe: state, members and assignments of groups under KIP-848. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct, uuid } from './language.ts'

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid,
  topicName: string,
  partitions: array(int32),
})

const assignment = struct('Assignment', {
  topicPartitions: array(topicPartitions),
})

const definition: ApiDefinition = api({
  name: 'ConsumerGroupDescribe',
  key: 69,
  versions: [0, 1],
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
            instanceId: string.nullable().default(null),
            rackId: string.nullable().default(null),
            memberEpoch: int32,
            clientId: string,
            clientHost: string,
            subscribedTopicNames: array(string),
            subscribedTopicRegex: string.nullable().default(null),
            assignment: assignment,
            targetAssignment: assignment,
            memberType: int8.since(1).default(-1).ignorable(),
          }),
        ),
        authorizedOperations: int32.default(-2147483648),
      }),
    ),
  },
})

export default definition
