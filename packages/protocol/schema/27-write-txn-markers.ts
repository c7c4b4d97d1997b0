/** WriteTxnMarkers: a transaction coordinator tells partition leaders to append commit or abort markers. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, int8, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'WriteTxnMarkers',
  key: 27,
  versions: [1, 2],
  flexible: 1,
  request: {
    markers: array(
      struct('WritableTxnMarker', {
        producerId: int64,
        producerEpoch: int16,
        transactionResult: bool,
        topics: array(
          struct('WritableTxnMarkerTopic', {
            name: string,
            partitionIndexes: array(int32),
          }),
        ),
        coordinatorEpoch: int32,
        transactionVersion: int8.since(2).default(0).ignorable(),
      }),
    ),
  },
  response: {
    markers: array(
      struct('WritableTxnMarkerResult', {
        producerId: int64,
        topics: array(
          struct('WritableTxnMarkerTopicResult', {
            name: string,
            partitions: array(
              struct('WritableTxnMarkerPartitionResult', {
                partitionIndex: int32,
                errorCode: int16,
              }),
            ),
          }),
        ),
      }),
    ),
  },
})

export default definition
