/** ListTransactions: the transactions that a broker coordinates, filtered by state, producer, age and pattern (KIP-664). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'ListTransactions',
  key: 66,
  versions: [0, 2],
  flexible: 0,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(int64),
    durationFilter: int64.since(1).default(-1),
    transactionalIdPattern: string.since(2).nullable().default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array(
      struct('TransactionState', {
        transactionalId: string,
        producerId: int64,
        transactionState: string,
      }),
    ),
  },
})

export default definition
