/** Produce: appends record batches to partitions. Version 13 names topics by id. Below 3 nothing is served, yet brokers advertise 0 so that librdkafka still believes in batches v2 (KAFKA-18659). */

import { type ApiDefinition, api } from './definitions.ts'
import { array, int16, int32, int64, records, string, struct, uuid } from './language.ts'

const definition: ApiDefinition = api({
  name: 'Produce',
  key: 0,
  versions: [3, 13],
  flexible: 9,
  advertised: [0, 13],
  request: {
    transactionalId: string.nullable().default(null),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct('TopicProduceData', {
        name: string.until(12).ignorable().mapKey(),
        topicId: uuid.since(13).ignorable().mapKey(),
        partitionData: array(
          struct('PartitionProduceData', {
            index: int32,
            records: records.nullable(),
          }),
        ),
      }),
    ),
  },
  response: {
    responses: array(
      struct('TopicProduceResponse', {
        name: string.until(12).ignorable().mapKey(),
        topicId: uuid.since(13).ignorable().mapKey(),
        partitionResponses: array(
          struct('PartitionProduceResponse', {
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: int64.default(-1).ignorable(),
            logStartOffset: int64.since(5).default(-1).ignorable(),
            recordErrors: array(
              struct('BatchIndexAndErrorMessage', {
                batchIndex: int32,
                batchIndexErrorMessage: string.nullable().default(null),
              }),
            )
              .since(8)
              .ignorable(),
            errorMessage: string.since(8).nullable().default(null).ignorable(),
            currentLeader: struct('LeaderIdAndEpoch', {
              leaderId: int32.default(-1),
              leaderEpoch: int32.default(-1),
            })
              .since(10)
              .tag(0),
          }),
        ),
      }),
    ),
    throttleTimeMs: int32.default(0).ignorable(),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32.mapKey(),
        host: string,
        port: int32,
        rack: string.nullable().default(null),
      }),
    )
      .since(10)
      .tag(0),
  },
})

export default definition
