/** AlterClientQuotas: sets or removes quotas of users, client ids and addresses (KIP-546). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, float64, int16, int32, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'AlterClientQuotas',
  key: 49,
  versions: [0, 1],
  flexible: 1,
  request: {
    entries: array(
      struct('EntryData', {
        entity: array(
          struct('EntityData', {
            entityType: string,
            entityName: string.nullable(),
          }),
        ),
        ops: array(
          struct('OpData', {
            key: string,
            value: float64,
            remove: bool,
          }),
        ),
      }),
    ),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    entries: array(
      struct('EntryData', {
        errorCode: int16,
        errorMessage: string.nullable(),
        entity: array(
          struct('EntityData', {
            entityType: string,
            entityName: string.nullable(),
          }),
        ),
      }),
    ),
  },
})

export default definition
