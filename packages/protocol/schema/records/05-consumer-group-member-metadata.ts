/** What a member of a KIP-848 group subscribes to, and how it reached the group. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, bytes, int32, string, struct } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'ConsumerGroupMemberMetadata',
  topic: '__consumer_offsets',
  type: 5,
  key: {
    groupId: string,
    memberId: string,
  },
  value: {
    versions: [0, 0],
    flexible: 0,
    fields: {
      instanceId: string.nullable(),
      rackId: string.nullable(),
      clientId: string,
      clientHost: string,
      subscribedTopicNames: array(string),
      subscribedTopicRegex: string.nullable(),
      rebalanceTimeoutMs: int32.default(-1),
      serverAssignor: string.nullable(),
      // Null has to be said: although Kafka's definition gives null as the default, Kafka's code takes the value that is all zero for it.
      classicMemberMetadata: struct('ClassicMemberMetadata', {
        sessionTimeoutMs: int32,
        supportedProtocols: array(
          struct('ClassicProtocol', {
            name: string,
            metadata: bytes,
          }),
        ),
      })
        .nullable()
        .tag(0),
    },
  },
})

export default definition
