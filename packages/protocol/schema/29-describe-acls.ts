/** DescribeAcls: the access rules that match a filter. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeAcls',
  key: 29,
  versions: [1, 3],
  flexible: 2,
  request: {
    resourceTypeFilter: int8,
    resourceNameFilter: string.nullable(),
    patternTypeFilter: int8.default(3),
    principalFilter: string.nullable(),
    hostFilter: string.nullable(),
    operation: int8,
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    resources: array(
      struct('DescribeAclsResource', {
        resourceType: int8,
        resourceName: string,
        patternType: int8.default(3),
        acls: array(
          struct('AclDescription', {
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
