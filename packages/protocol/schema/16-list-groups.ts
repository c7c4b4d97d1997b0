/** ListGroups: the groups that a broker coordinates, filtered by state since version 4 and by type since version 5. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ListGroups',
  key: 16,
  versions: [0, 5],
  flexible: 3,
  request: {
    statesFilter: array(string).since(4),
    typesFilter: array(string).since(5),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    groups: array(
      struct('ListedGroup', {
        groupId: string,
        protocolType: string,
        groupState: string.since(4).ignorable(),
        groupType: string.since(5).ignorable(),
      }),
    ),
  },
})

export default definition
