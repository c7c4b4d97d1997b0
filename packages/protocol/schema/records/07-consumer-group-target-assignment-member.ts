/** The partitions that a member of a KIP-848 group shall have. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, int32, string, struct, uuid } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'ConsumerGroupTargetAssignmentMember',
  topic: '__consumer_offsets',
  type: 7,
  key: {
    groupId: string,
    memberId: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      topicPartitions: array(
        struct('TopicPartition', {
          topicId: uuid,
          partitions: array(int32),
        }),
      ),
    },
  },
})

export default definition
