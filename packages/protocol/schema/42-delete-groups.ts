/** DeleteGroups: deletes empty groups and their offsets. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DeleteGroups',
  key: 42,
  versions: [0, 2],
  flexible: 2,
  request: {
    groupsNames: array(string),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct('DeletableGroupResult', {
        groupId: string.mapKey(),
        errorCode: int16,
      }),
    ),
  },
})

export default definition
