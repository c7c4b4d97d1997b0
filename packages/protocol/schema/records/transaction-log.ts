/** A transactional id: its producer, epoch, state and partitions. */

import { type RecordDefinition, record } from '../definitions.ts'
import { array, int16, int32, int64, int8, string, struct } from '../language.ts'

const definition: RecordDefinition = record({
  name: 'TransactionLog',
  topic: '__transaction_state',
  type: 0,
  key: {
    transactionalId: string,
  },
  value: {
    versions: [0, 1],
    flexible: 1,
    fields: {
      producerId: int64,
      previousProducerId: int64.since(1).tag(0).default(-1),
      nextProducerId: int64.since(1).tag(1).default(-1),
      producerEpoch: int16,
      nextProducerEpoch: int16.since(1).tag(3).default(-1),
      transactionTimeoutMs: int32,
      transactionStatus: int8,
      transactionPartitions: array(
        struct('PartitionsSchema', {
          topic: string,
          partitionIds: array(int32),
        }),
      ).nullable(),
      transactionLastUpdateTimestampMs: int64,
      transactionStartTimestampMs: int64,
      clientTransactionVersion: int16.since(1).tag(2).default(0),
    },
  },
})

export default definition
