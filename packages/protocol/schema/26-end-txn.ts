/** EndTxn: commits or aborts a transaction. Version 5 returns the producer's bumped epoch (KIP-890). */

import { type ApiDefinition, api } from './definitions.ts'
import { bool, int16, int32, int64, string } from './language.ts'

const definition: ApiDefinition = api({
  name: 'EndTxn',
  key: 26,
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    committed: bool,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: int64.since(5).default(-1).ignorable(),
    producerEpoch: int16.since(5).default(-1).ignorable(),
  },
})

export default definition
