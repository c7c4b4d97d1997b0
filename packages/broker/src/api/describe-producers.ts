/** DescribeProducers (key 61): the producers that a partition remembers. */

import type {
  DescribeProducersRequest,
  DescribeProducersResponseInput,
  DescribeProducersResponsePartitionResponseInput,
} from '@odradek/protocol'
import { describeProducers, ErrorCodes } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { findLedPartition, openPartition } from './partition-lookup.ts'

type Result = DescribeProducersResponsePartitionResponseInput

export const describeProducersHandler: ApiHandler = handler({
  api: describeProducers,
  versions: [0, 0],
  authorize: [{ operation: 'Read', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => failed(index, errorCode)),
    })),
  }),
  handle,
})

async function handle(request: DescribeProducersRequest, context: RequestContext): Promise<DescribeProducersResponseInput> {
  const topics: DescribeProducersResponseInput['topics'][number][] = []
  for (const { name, partitionIndexes } of request.topics) {
    const partitions: Result[] = []
    for (const index of partitionIndexes) partitions.push(await describe(name, index, context))
    topics.push({ name, partitions })
  }
  return { throttleTimeMs: 0, topics }
}

async function describe(name: string, index: number, context: RequestContext): Promise<Result> {
  if (!context.allows('Read', 'Topic', name)) return failed(index, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  const topic = context.cluster.topics.get(name)
  if (topic === undefined) return failed(index, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const led = findLedPartition(topic, index, -1, context)
  if (led.found === undefined) return failed(index, led.errorCode)
  const opened = await openPartition(topic, index, context)
  if (opened.found === undefined) return failed(index, opened.errorCode)
  const activeProducers = opened.found.activeProducers().map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTransactionStartOffset,
  }))
  return { partitionIndex: index, errorCode: ErrorCodes.NONE, errorMessage: null, activeProducers }
}

function failed(partitionIndex: number, errorCode: number): Result {
  return { partitionIndex, errorCode, errorMessage: null, activeProducers: [] }
}
