/** The partitions that a member of a KIP-848 group has, its epoch and its state. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, int32, int8, string, struct, uuid } from '../language.ts'

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid,
  partitions: array(int32),
  // Null has to be said: although Kafka's definition gives null as the default, Kafka's code takes the value that is all zero for it.
  assignmentEpochs: array(int32).nullable().tag(0),
})

const definition: RecordDefinition = record({
  name: 'ConsumerGroupCurrentMemberAssignment',
  topic: '__consumer_offsets',
  type: 8,
  key: {
    groupId: string,
    memberId: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      memberEpoch: int32,
      previousMemberEpoch: int32,
      state: int8,
      assignedPartitions: array(topicPartitions),
      partitionsPendingRevocation: array(topicPartitions),
    },
  },
})

export default definition
