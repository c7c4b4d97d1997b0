/** ElectLeaders: asks for preferred or unclean leader elections. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ElectLeaders',
  key: 43,
  versions: [0, 2],
  flexible: 2,
  request: {
    electionType: int8.since(1),
    topicPartitions: array(
      struct('TopicPartitions', {
        topic: string.mapKey(),
        partitions: array(int32),
      }),
    ).nullable(),
    timeoutMs: int32.default(60000),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(1),
    replicaElectionResults: array(
      struct('ReplicaElectionResult', {
        topic: string,
        partitionResult: array(
          struct('PartitionResult', {
            partitionId: int32,
            errorCode: int16,
            errorMessage: string.nullable(),
          }),
        ),
      }),
    ),
  },
})

export default definition
