/** CreateTopics: creates topics, with their partitions, assignments and configs. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'CreateTopics',
  key: 19,
  versions: [2, 7],
  flexible: 5,
  request: {
    topics: array(
      struct('CreatableTopic', {
        name: string.mapKey(),
        numPartitions: int32,
        replicationFactor: int16,
        assignments: array(
          struct('CreatableReplicaAssignment', {
            partitionIndex: int32.mapKey(),
            brokerIds: array(int32),
          }),
        ),
        configs: array(
          struct('CreatableTopicConfig', {
            name: string.mapKey(),
            value: string.nullable(),
          }),
        ),
      }),
    ),
    timeoutMs: int32.default(60000),
    validateOnly: bool.default(false),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    topics: array(
      struct('CreatableTopicResult', {
        name: string.mapKey(),
        topicId: uuid.since(7).ignorable(),
        errorCode: int16,
        errorMessage: string.nullable().ignorable(),
        topicConfigErrorCode: int16.since(5).tag(0).ignorable(),
        numPartitions: int32.since(5).default(-1).ignorable(),
        replicationFactor: int16.since(5).default(-1).ignorable(),
        configs: array(
          struct('CreatableTopicConfigs', {
            name: string,
            value: string.nullable(),
            readOnly: bool,
            configSource: int8.default(-1).ignorable(),
            isSensitive: bool,
          }),
        )
          .since(5)
          .nullable()
          .ignorable(),
      }),
    ),
  },
})

export default definition
