/** The epoch of the assignment that a KIP-848 group moves toward. */

import { type RecordDefinition, record } from '../definitions.ts'
import { int32, int64, string } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'ConsumerGroupTargetAssignmentMetadata',
  topic: '__consumer_offsets',
  type: 6,
  key: {
    groupId: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      assignmentEpoch: int32,
      assignmentTimestamp: int64.tag(0).default(0).ignorable(),
    },
  },
})

export default definition
