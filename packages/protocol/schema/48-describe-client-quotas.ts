/** DescribeClientQuotas: the quotas of the users, client ids and addresses that match a filter (KIP-546). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, float64, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeClientQuotas',
  key: 48,
  versions: [0, 1],
  flexible: 1,
  request: {
    components: array(
      struct('ComponentData', {
        entityType: string,
        matchType: int8,
        match: string.nullable(),
      }),
    ),
    strict: bool,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    entries: array(
      struct('EntryData', {
        entity: array(
          struct('EntityData', {
            entityType: string,
            entityName: string.nullable(),
          }),
        ),
        values: array(
          struct('ValueData', {
            key: string,
            value: float64,
          }),
        ),
      }),
    ).nullable(),
  },
})

export default definition
