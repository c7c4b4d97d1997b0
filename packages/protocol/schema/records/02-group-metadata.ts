/** A classic group: its generation, protocol and members. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, bytes, int32, int64, string, struct } from '../language.ts'

const memberMetadata = struct('MemberMetadata', {
  memberId: string,
  groupInstanceId: string.since(3).nullable().default(null).ignorable(),
  clientId: string,
  clientHost: string,
  rebalanceTimeout: int32.since(1).default(-1).ignorable(),
  sessionTimeout: int32,
  subscription: bytes,
  assignment: bytes,
})

const definition: RecordDefinition = record({
  name: 'GroupMetadata',
  topic: '__consumer_offsets',
  type: 2,
  key: {
    group: string,
  },
  value: {
    versions: [0, 4],
    flexible: 4,
    fields: {
      protocolType: string,
      generation: int32,
      protocol: string.nullable(),
      leader: string.nullable(),
      currentStateTimestamp: int64.since(2).default(-1).ignorable(),
      members: array(memberMetadata),
    },
  },
})

export default definition
