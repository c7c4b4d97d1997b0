/** DescribeTopicPartitions (key 75): topics page by page. */

import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponseInput,
  DescribeTopicPartitionsResponseTopicInput,
} from '@odradek/protocol'
import { describeTopicPartitions, ErrorCodes, zeroUuid } from '@odradek/protocol'
import type { Topic } from '../metadata/topic.ts'
import { operationsNotAsked } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { viewPartition } from './partition-view.ts'

type TopicResponse = DescribeTopicPartitionsResponseTopicInput
type PartitionResponse = TopicResponse['partitions'][number]

export const describeTopicPartitionsHandler: ApiHandler = handler({
  api: describeTopicPartitions,
  versions: [0, 0],
  authorize: [{ operation: 'Describe', resource: 'Topic', perEntry: true }],
  refuse: (request, errorCode) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => missing(name, errorCode)),
    nextCursor: null,
  }),
  handle,
})

function handle(request: DescribeTopicPartitionsRequest, context: RequestContext): DescribeTopicPartitionsResponseInput {
  const { cursor } = request
  const max = context.cluster.config.get('max.request.partition.size.limit')
  let left = Math.min(max, request.responsePartitionLimit <= 0 ? max : request.responsePartitionLimit)
  const topics: TopicResponse[] = []
  for (const name of wantedNames(request, context)) {
    if (cursor !== null && name < cursor.topicName) continue
    const topic = context.cluster.topics.get(name)
    const first = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0
    const total = topic?.partitions.length ?? 0
    if (left === 0) return respond(topics, { topicName: name, partitionIndex: first })
    const end = Math.min(total, first + left)
    topics.push(describe(name, topic, first, end, context))
    left -= end - first
    if (end < total) return respond(topics, { topicName: name, partitionIndex: end })
  }
  return respond(topics, null)
}

/** In the order of their names, which is the one that cursors refer to. All topics when none is named. */
function wantedNames(request: DescribeTopicPartitionsRequest, context: RequestContext): string[] {
  const named = request.topics.map(({ name }) => name)
  const all =
    named.length > 0
      ? named
      : [...context.cluster.topics.all()].map(({ name }) => name).filter((name) => context.allows('Describe', 'Topic', name))
  return [...new Set(all)].sort()
}

function describe(name: string, topic: Topic | undefined, first: number, end: number, context: RequestContext): TopicResponse {
  if (!context.allows('Describe', 'Topic', name)) return missing(name, ErrorCodes.TOPIC_AUTHORIZATION_FAILED)
  if (topic === undefined) return missing(name, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  return {
    errorCode: ErrorCodes.NONE,
    name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.slice(first, end).map(
      (state, index): PartitionResponse => ({
        partitionIndex: first + index,
        ...viewPartition(state, context.cluster),
        eligibleLeaderReplicas: [],
        lastKnownElr: [],
      }),
    ),
    topicAuthorizedOperations: context.authorizedOperations('Topic', name),
  }
}

function missing(name: string, errorCode: number): TopicResponse {
  return { errorCode, name, topicId: zeroUuid, isInternal: false, partitions: [], topicAuthorizedOperations: operationsNotAsked }
}

function respond(
  topics: readonly TopicResponse[],
  nextCursor: DescribeTopicPartitionsResponseInput['nextCursor'],
): DescribeTopicPartitionsResponseInput {
  return { throttleTimeMs: 0, topics, nextCursor: nextCursor ?? null }
}
