/** A committed offset of a group on a partition. */

import { type RecordDefinition, record } from '../definitions.ts'
import { int32, int64, string, uuid } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'OffsetCommit',
  topic: '__consumer_offsets',
  type: 1,
  key: {
    group: string,
    topic: string,
    partition: int32,
  },
  value: {
    versions: [0, 4],
    flexible: 4,
    fields: {
      offset: int64,
      leaderEpoch: int32.since(3).default(-1).ignorable(),
      metadata: string,
      commitTimestamp: int64,
      expireTimestamp: int64.versions(1, 1).default(-1).ignorable(),
      topicId: uuid.since(4).tag(0).ignorable(),
    },
  },
})

export default definition
