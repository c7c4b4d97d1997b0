/** DeleteRecords (key 21): moves the start of partitions. */

import type { DeleteRecordsRequest, DeleteRecordsResponseInput, DeleteRecordsResponsePartitionResultInput } from '@odradek/protocol'
import { deleteRecords, ErrorCodes } from '@odradek/protocol'
import { topicValue } from '../config/topic-config.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { findLedPartition, openPartition } from './partition-lookup.ts'

type Result = DeleteRecordsResponsePartitionResultInput

export const deleteRecordsHandler: ApiHandler = handler({
  api: deleteRecords,
  versions: [0, 2],
  authorize: [{ operation: 'Delete', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => failed(partitionIndex, errorCode)),
    })),
  }),
  handle,
})

async function handle(request: DeleteRecordsRequest, context: RequestContext): Promise<DeleteRecordsResponseInput> {
  const topics: DeleteRecordsResponseInput['topics'][number][] = []
  for (const { name, partitions } of request.topics) {
    const results: Result[] = []
    for (const { partitionIndex, offset } of partitions) results.push(await deleteBefore(name, partitionIndex, offset, context))
    topics.push({ name, partitions: results })
  }
  return { throttleTimeMs: 0, topics }
}

async function deleteBefore(name: string, index: number, offset: number, context: RequestContext): Promise<Result> {
  const { topics, config } = context.cluster
  if (!context.allows('Delete', 'Topic', name)) return failed(index, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  const topic = topics.get(name)
  if (topic === undefined) return failed(index, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (topic.isInternal) return failed(index, ErrorCodes.INVALID_TOPIC_EXCEPTION)
  const led = findLedPartition(topic, index, -1, context)
  if (led.found === undefined) return failed(index, led.errorCode)
  if (!topicValue(topic.configs, config, 'cleanup.policy').includes('delete')) return failed(index, ErrorCodes.POLICY_VIOLATION)
  const opened = await openPartition(topic, index, context)
  if (opened.found === undefined) return failed(index, opened.errorCode)
  try {
    return { partitionIndex: index, ...(await opened.found.deleteRecordsBefore(offset)) }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return failed(index, error.errorCode)
  }
}

function failed(partitionIndex: number, errorCode: number): Result {
  return { partitionIndex, lowWatermark: -1, errorCode }
}
