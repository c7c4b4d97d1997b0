/** DeleteAcls: removes the access rules that match filters. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DeleteAcls',
  key: 31,
  versions: [1, 3],
  flexible: 2,
  request: {
    filters: array(
      struct('DeleteAclsFilter', {
        resourceTypeFilter: int8,
        resourceNameFilter: string.nullable(),
        patternTypeFilter: int8.default(3),
        principalFilter: string.nullable(),
        hostFilter: string.nullable(),
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    filterResults: array(
      struct('DeleteAclsFilterResult', {
        errorCode: int16,
        errorMessage: string.nullable(),
        matchingAcls: array(
          struct('DeleteAclsMatchingAcl', {
            errorCode: int16,
            errorMessage: string.nullable(),
            resourceType: int8,
            resourceName: string,
            patternType: int8.default(3),
            principal: string,
            host: string,
            operation: int8,
            permissionType: int8,
          }),
        ),
      }),
    ),
  },
})

export default definition
