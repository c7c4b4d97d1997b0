/** DescribeTransactions: the state of transactional ids (KIP-664). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeTransactions',
  key: 65,
  versions: [0, 0],
  flexible: 0,
  request: {
    transactionalIds: array(string),
  },
  response: {
    throttleTimeMs: int32,
    transactionStates: array(
      struct('TransactionState', {
        errorCode: int16,
        transactionalId: string,
        transactionState: string,
        transactionTimeoutMs: int32,
        transactionStartTimeMs: int64,
        producerId: int64,
        producerEpoch: int16,
        topics: array(
          struct('TopicData', {
            topic: string.mapKey(),
            partitions: array(int32),
          }),
        ),
      }),
    ),
  },
})

export default definition
