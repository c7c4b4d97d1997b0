/** FindCoordinator: the broker that serves a group, a transactional id or a share partition; many at once since version 4. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'FindCoordinator',
  key: 10,
  versions: [0, 6],
  flexible: 3,
  request: {
    key: string.until(3),
    keyType: int8.since(1).default(0),
    coordinatorKeys: array(string).since(4),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16.until(3),
    errorMessage: string.versions(1, 3).nullable().ignorable(),
    nodeId: int32.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array(
      struct('Coordinator', {
        key: string,
        nodeId: int32,
        host: string,
        port: int32,
        errorCode: int16,
        errorMessage: string.nullable().ignorable(),
      }),
    ).since(4),
  },
})

export default definition
