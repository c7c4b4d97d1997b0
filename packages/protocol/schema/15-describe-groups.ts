/** DescribeGroups: state, protocol and members of classic groups. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, bytes, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeGroups',
  key: 15,
  versions: [0, 6],
  flexible: 5,
  request: {
    groups: array(string),
    includeAuthorizedOperations: bool.since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    groups: array(
      struct('DescribedGroup', {
        errorCode: int16,
        errorMessage: string.since(6).nullable().default(null),
        groupId: string,
        groupState: string,
        protocolType: string,
        protocolData: string,
        members: array(
          struct('DescribedGroupMember', {
            memberId: string,
            groupInstanceId: string.since(4).nullable().default(null).ignorable(),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes,
          }),
        ),
        authorizedOperations: int32.since(3).default(-2147483648),
      }),
    ),
  },
})

export default definition
