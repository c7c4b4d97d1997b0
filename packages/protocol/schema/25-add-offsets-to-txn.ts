/** AddOffsetsToTxn: adds a group's offsets partition to an open transaction. */

import { type ApiDefinition, api } from './definitions.ts'
import { int16, int32, int64, string } from './language.ts'

const definition: ApiDefinition = api({
  name: 'AddOffsetsToTxn',
  key: 25,
  versions: [0, 4],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
  },
})

export default definition
