/** AddPartitionsToTxn: adds partitions to an open transaction; since version 4 brokers send it in bulk. */

import { type ApiDefinition, api } from './definitions.ts'
import { array, bool, int16, int32, int64, string, struct } from './language.ts'

const addPartitionsToTxnTopic = struct('AddPartitionsToTxnTopic', {
  name: string.mapKey(),
  partitions: array(int32),
})

const addPartitionsToTxnPartitionResult = struct('AddPartitionsToTxnPartitionResult', {
  partitionIndex: int32.mapKey(),
  partitionErrorCode: int16,
})

const addPartitionsToTxnTopicResult = struct('AddPartitionsToTxnTopicResult', {
  name: string.mapKey(),
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
})

const definition: ApiDefinition = api({
  name: 'AddPartitionsToTxn',
  key: 24,
  versions: [0, 5],
  flexible: 3,
  request: {
    transactions: array(
      struct('AddPartitionsToTxnTransaction', {
        transactionalId: string.mapKey(),
        producerId: int64,
        producerEpoch: int16,
        verifyOnly: bool.default(false),
        topics: array(addPartitionsToTxnTopic),
      }),
    ).since(4),
    v3AndBelowTransactionalId: string.until(3),
    v3AndBelowProducerId: int64.until(3),
    v3AndBelowProducerEpoch: int16.until(3),
    v3AndBelowTopics: array(addPartitionsToTxnTopic).until(3),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(4).ignorable(),
    resultsByTransaction: array(
      struct('AddPartitionsToTxnResult', {
        transactionalId: string.mapKey(),
        topicResults: array(addPartitionsToTxnTopicResult),
      }),
    ).since(4),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult).until(3),
  },
})

export default definition
