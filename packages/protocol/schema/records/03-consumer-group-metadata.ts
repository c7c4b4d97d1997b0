/** The epoch of a KIP-848 group and the hash of the topics it subscribes to. */

import { type RecordDefinition, record } from '../definitions.ts'
import { int32, int64, string } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'ConsumerGroupMetadata',
  topic: '__consumer_offsets',
  type: 3,
  key: {
    groupId: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      epoch: int32,
      metadataHash: int64.tag(0).hex().default(0),
    },
  },
})

export default definition
