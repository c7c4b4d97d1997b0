/** OffsetForLeaderEpoch (key 23): where a leader epoch ends, for clients that check whether the log was truncated. */

import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponseEpochEndOffsetInput,
  OffsetForLeaderEpochResponseInput,
} from '@odradek/protocol'
import { ErrorCodes, offsetForLeaderEpoch } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { findLedPartition, openPartition } from './partition-lookup.ts'

type Wanted = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type Result = OffsetForLeaderEpochResponseEpochEndOffsetInput

export const offsetForLeaderEpochHandler: ApiHandler = handler({
  api: offsetForLeaderEpoch,
  versions: [2, 4],
  authorize: [{ operation: 'Describe', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => failed(partition, errorCode)),
    })),
  }),
  handle,
})

async function handle(request: OffsetForLeaderEpochRequest, context: RequestContext): Promise<OffsetForLeaderEpochResponseInput> {
  const topics: OffsetForLeaderEpochResponseInput['topics'][number][] = []
  for (const { topic, partitions } of request.topics) {
    const results: Result[] = []
    for (const wanted of partitions) results.push(await endOffset(topic, wanted, context))
    topics.push({ topic, partitions: results })
  }
  return { throttleTimeMs: 0, topics }
}

async function endOffset(name: string, wanted: Wanted, context: RequestContext): Promise<Result> {
  const { partition, currentLeaderEpoch, leaderEpoch } = wanted
  if (!context.allows('Describe', 'Topic', name)) return failed(partition, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  const topic = context.cluster.topics.get(name)
  if (topic === undefined) return failed(partition, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const led = findLedPartition(topic, partition, currentLeaderEpoch, context)
  if (led.found === undefined) return failed(partition, led.errorCode)
  const opened = await openPartition(topic, partition, context)
  if (opened.found === undefined) return failed(partition, opened.errorCode)
  return { errorCode: ErrorCodes.NONE, partition, ...opened.found.endOffsetForEpoch(leaderEpoch) }
}

function failed(partition: number, errorCode: number): Result {
  return { errorCode, partition, leaderEpoch: -1, endOffset: -1 }
}
