/** LeaveGroup: takes members out of a classic group; many at once since version 3. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'LeaveGroup',
  key: 13,
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string,
    memberId: string.until(2),
    members: array(
      struct('MemberIdentity', {
        memberId: string,
        groupInstanceId: string.nullable().default(null),
        reason: string.since(5).nullable().default(null).ignorable(),
      }),
    ).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    members: array(
      struct('MemberResponse', {
        memberId: string,
        groupInstanceId: string.nullable(),
        errorCode: int16,
      }),
    ).since(3),
  },
})

export default definition
