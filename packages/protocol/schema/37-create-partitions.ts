/** CreatePartitions: raises the number of partitions of topics. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'CreatePartitions',
  key: 37,
  versions: [0, 3],
  flexible: 2,
  request: {
    topics: array(
      struct('CreatePartitionsTopic', {
        name: string.mapKey(),
        count: int32,
        assignments: array(
          struct('CreatePartitionsAssignment', {
            brokerIds: array(int32),
          }),
        ).nullable(),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct('CreatePartitionsTopicResult', {
        name: string,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      }),
    ),
  },
})

export default definition
