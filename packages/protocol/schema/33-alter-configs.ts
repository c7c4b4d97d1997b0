/** AlterConfigs: replaces all configs of a resource. IncrementalAlterConfigs supersedes it. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'AlterConfigs',
  key: 33,
  versions: [0, 2],
  flexible: 2,
  request: {
    resources: array(
      struct('AlterConfigsResource', {
        resourceType: int8.mapKey(),
        resourceName: string.mapKey(),
        configs: array(
          struct('AlterableConfig', {
            name: string.mapKey(),
            value: string.nullable(),
          }),
        ),
      }),
    ),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    responses: array(
      struct('AlterConfigsResourceResponse', {
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
      }),
    ),
  },
})

export default definition
