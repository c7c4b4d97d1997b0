/** IncrementalAlterConfigs: sets, deletes, appends to or subtracts from single configs (KIP-339). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'IncrementalAlterConfigs',
  key: 44,
  versions: [0, 1],
  flexible: 1,
  request: {
    resources: array(
      struct('AlterConfigsResource', {
        resourceType: int8.mapKey(),
        resourceName: string.mapKey(),
        configs: array(
          struct('AlterableConfig', {
            name: string.mapKey(),
            configOperation: int8.mapKey(),
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
