/** CreateAcls: adds access rules. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'CreateAcls',
  key: 30,
  versions: [1, 3],
  flexible: 2,
  request: {
    creations: array(
      struct('AclCreation', {
        resourceType: int8,
        resourceName: string,
        resourcePatternType: int8.default(3),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct('AclCreationResult', {
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    ),
  },
})

export default definition
