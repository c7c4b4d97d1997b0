/** The partitions that a classic consumer is given in SyncGroup. */

import { type MessageDefinition, message } from '../definitions.ts'
import { array, bytes, int32, string, struct } from '../language.ts'

const definition: MessageDefinition = message({
  name: 'ConsumerProtocolAssignment',
  use: 'embedded',
  versions: [0, 3],
  flexible: 'never',
  fields: {
    assignedPartitions: array(
      struct('TopicPartition', {
        topic: string.mapKey(),
        partitions: array(int32),
      }),
    ),
    userData: bytes.nullable().default(null),
  },
})

export default definition
