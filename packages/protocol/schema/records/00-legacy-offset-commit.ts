/** A committed offset in its oldest form: still read from old logs, never written. */

import { type RecordDefinition, record } from '../definitions.ts'
import { int32, int64, string } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'LegacyOffsetCommit',
  topic: '__consumer_offsets',
  type: 0,
  key: {
    group: string,
    topic: string,
    partition: int32,
  },
  value: {
    versions: [0, 0],
    flexible: 'never',
    fields: {
      offset: int64,
      metadata: string,
      commitTimestamp: int64,
    },
  },
})

export default definition
