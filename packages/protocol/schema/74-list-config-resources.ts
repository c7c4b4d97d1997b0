/** ListConfigResources: the names of resources that can have configs, by type (KIP-1142); once ListClientMetricsResources. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ListConfigResources',
  key: 74,
  versions: [0, 1],
  flexible: 0,
  request: {
    resourceTypes: array(int8).since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array(
      struct('ConfigResource', {
        resourceName: string,
        resourceType: int8.since(1).default(16).ignorable(),
      }),
    ),
  },
})

export default definition
