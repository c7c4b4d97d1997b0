/** DeleteRecords: moves the log start of partitions forward. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DeleteRecords',
  key: 21,
  versions: [0, 2],
  flexible: 2,
  request: {
    topics: array(
      struct('DeleteRecordsTopic', {
        name: string,
        partitions: array(
          struct('DeleteRecordsPartition', {
            partitionIndex: int32,
            offset: int64,
          }),
        ),
      }),
    ),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32,
    topics: array(
      struct('DeleteRecordsTopicResult', {
        name: string.mapKey(),
        partitions: array(
          struct('DeleteRecordsPartitionResult', {
            partitionIndex: int32.mapKey(),
            lowWatermark: int64,
            errorCode: int16,
          }),
        ),
      }),
    ),
  },
})

export default definition
