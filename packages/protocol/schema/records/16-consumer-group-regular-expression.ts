/** The topics that a regular expression of a KIP-848 group resolved to. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, int64, string } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'ConsumerGroupRegularExpression',
  topic: '__consumer_offsets',
  type: 16,
  key: {
    groupId: string,
    regularExpression: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      topics: array(string),
      version: int64,
      timestamp: int64,
    },
  },
})

export default definition
