/** The topics of a KIP-848 group with their partition counts: superseded by the hash in the group's metadata. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, int32, string, struct, uuid } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'ConsumerGroupPartitionMetadata',
  topic: '__consumer_offsets',
  type: 4,
  key: {
    groupId: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      topics: array(
        struct('TopicMetadata', {
          topicId: uuid,
          topicName: string,
          numPartitions: int32,
          partitionMetadata: array(
            struct('PartitionMetadata', {
              partition: int32,
              racks: array(string),
            }),
          ),
        }),
      ),
    },
  },
})

export default definition
