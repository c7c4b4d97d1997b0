/** SyncGroup: the leader hands in the assignment of a generation, every member receives its own. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bytes, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'SyncGroup',
  key: 14,
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
    protocolType: string.since(5).nullable().default(null).ignorable(),
    protocolName: string.since(5).nullable().default(null).ignorable(),
    assignments: array(
      struct('SyncGroupRequestAssignment', {
        memberId: string,
        assignment: bytes,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    protocolType: string.since(5).nullable().default(null).ignorable(),
    protocolName: string.since(5).nullable().default(null).ignorable(),
    assignment: bytes,
  },
})

export default definition
