/** DescribeProducers: the state of the producers that wrote to partitions (KIP-664). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeProducers',
  key: 61,
  versions: [0, 0],
  flexible: 0,
  request: {
    topics: array(
      struct('TopicRequest', {
        name: string,
        partitionIndexes: array(int32),
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct('TopicResponse', {
        name: string,
        partitions: array(
          struct('PartitionResponse', {
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: string.nullable().default(null),
            activeProducers: array(
              struct('ProducerState', {
                producerId: int64,
                producerEpoch: int32,
                lastSequence: int32.default(-1),
                lastTimestamp: int64.default(-1),
                coordinatorEpoch: int32,
                currentTxnStartOffset: int64.default(-1),
              }),
            ),
          }),
        ),
      }),
    ),
  },
})

export default definition
