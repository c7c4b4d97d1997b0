/** Heartbeat: keeps a classic group's member alive and tells it of a rebalance. */

import { type ApiDefinition, api } from './definitions.ts'
import { int16, int32, string } from './language.ts'

const definition: ApiDefinition = api({
  name: 'Heartbeat',
  key: 12,
  versions: [0, 4],
  flexible: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
  },
})

export default definition
