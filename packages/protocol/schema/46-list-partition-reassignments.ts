/** ListPartitionReassignments: the moves of replicas that are under way (KIP-455). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ListPartitionReassignments',
  key: 46,
  versions: [0, 0],
  flexible: 0,
  request: {
    timeoutMs: int32.default(60000),
    topics: array(
      struct('ListPartitionReassignmentsTopics', {
        name: string,
        partitionIndexes: array(int32),
      }),
    )
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    topics: array(
      struct('OngoingTopicReassignment', {
        name: string,
        partitions: array(
          struct('OngoingPartitionReassignment', {
            partitionIndex: int32,
            replicas: array(int32),
            addingReplicas: array(int32),
            removingReplicas: array(int32),
          }),
        ),
      }),
    ),
  },
})

export default definition
