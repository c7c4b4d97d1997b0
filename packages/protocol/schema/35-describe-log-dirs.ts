/** DescribeLogDirs: size and lag of the logs in each data directory. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, string, struct } from './language.ts'

const definition: ApiDefinition = api({
  name: 'DescribeLogDirs',
  key: 35,
  versions: [1, 5],
  flexible: 2,
  request: {
    topics: array(
      struct('DescribableLogDirTopic', {
        topic: string.mapKey(),
        partitions: array(int32),
      }),
    ).nullable(),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(3).ignorable(),
    results: array(
      struct('DescribeLogDirsResult', {
        errorCode: int16,
        logDir: string,
        topics: array(
          struct('DescribeLogDirsTopic', {
            name: string,
            partitions: array(
              struct('DescribeLogDirsPartition', {
                partitionIndex: int32,
                partitionSize: int64,
                offsetLag: int64,
                isFutureKey: bool,
              }),
            ),
          }),
        ),
        totalBytes: int64.since(4).default(-1).ignorable(),
        usableBytes: int64.since(4).default(-1).ignorable(),
        isCordoned: bool.since(5).default(false).ignorable(),
      }),
    ),
  },
})

export default definition
