/** AlterPartitionReassignments: moves partitions to other replicas, or cancels such a move (KIP-455). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'AlterPartitionReassignments',
  key: 45,
  versions: [0, 1],
  flexible: 0,
  request: {
    timeoutMs: int32.default(60000),
    allowReplicationFactorChange: bool.since(1).default(true),
    topics: array(
      struct('ReassignableTopic', {
        name: string,
        partitions: array(
          struct('ReassignablePartition', {
            partitionIndex: int32,
            replicas: array(int32).nullable().default(null),
          }),
        ),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    allowReplicationFactorChange: bool.since(1).default(true).ignorable(),
    errorCode: int16,
    errorMessage: string.nullable(),
    responses: array(
      struct('ReassignableTopicResponse', {
        name: string,
        partitions: array(
          struct('ReassignablePartitionResponse', {
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable(),
          }),
        ),
      }),
    ),
  },
})

export default definition
