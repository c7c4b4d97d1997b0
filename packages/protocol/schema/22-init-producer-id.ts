/** InitProducerId: gives a producer its id and epoch and, with a transactional id, fences its predecessors. */

import { type ApiDefinition, api } from './definitions.ts'
import { int16, int32, int64, string } from './language.ts'

const definition: ApiDefinition = api({
  name: 'InitProducerId',
  key: 22,
  versions: [0, 5],
  flexible: 2,
  request: {
    transactionalId: string.nullable(),
    transactionTimeoutMs: int32,
    producerId: int64.since(3).default(-1),
    producerEpoch: int16.since(3).default(-1),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    errorCode: int16,
    producerId: int64.default(-1),
    producerEpoch: int16,
  },
})

export default definition
