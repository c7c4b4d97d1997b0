/** JoinGroup: enters a group under the classic protocol, or rejoins it for a new generation. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, bytes, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'JoinGroup',
  key: 11,
  versions: [0, 9],
  flexible: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32.since(1).default(-1).ignorable(),
    memberId: string,
    groupInstanceId: string.since(5).nullable().default(null),
    protocolType: string,
    protocols: array(
      struct('JoinGroupRequestProtocol', {
        name: string.mapKey(),
        metadata: bytes,
      }),
    ),
    reason: string.since(8).nullable().default(null).ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.since(7).nullable().default(null).ignorable(),
    protocolName: string.nullable(7),
    leader: string,
    skipAssignment: bool.since(9).default(false),
    memberId: string,
    members: array(
      struct('JoinGroupResponseMember', {
        memberId: string,
        groupInstanceId: string.since(5).nullable().default(null).ignorable(),
        metadata: bytes,
      }),
    ),
  },
})

export default definition
