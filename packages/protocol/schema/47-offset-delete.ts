/** OffsetDelete: forgets a group's positions on partitions (KIP-496). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'OffsetDelete',
  key: 47,
  versions: [0, 0],
  flexible: 'never',
  request: {
    groupId: string,
    topics: array(
      struct('OffsetDeleteRequestTopic', {
        name: string.mapKey(),
        partitions: array(
          struct('OffsetDeleteRequestPartition', {
            partitionIndex: int32,
          }),
        ),
      }),
    ),
  },
  response: {
    errorCode: int16,
    throttleTimeMs: int32.ignorable(),
    topics: array(
      struct('OffsetDeleteResponseTopic', {
        name: string.mapKey(),
        partitions: array(
          struct('OffsetDeleteResponsePartition', {
            partitionIndex: int32.mapKey(),
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
})

export default definition
