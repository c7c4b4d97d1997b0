/** OffsetCommit (8). Versions: 2–4 with a retention time, 6 leader epoch, 7 instance id, 9 GROUP_ID_NOT_FOUND, 10 topic ids instead of names. */

import {
  ErrorCodes,
  offsetCommit,
  type OffsetCommitRequest,
  type OffsetCommitRequestTopic,
  type OffsetCommitResponseTopicInput,
} from '@odradek/protocol'
import type { CommitTopic, CommittedTopic } from '../coordinator/group/offsets/commit.ts'
import type { RequestContext } from './context.ts'
import { codeOf, coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'
import { findTopic, topicNotFound } from './partition-lookup.ts'

interface CommitPartitions {
  readonly partitions: readonly { readonly partitionIndex: number }[]
}

/** The first version with topic ids. */
const topicIdVersion = 10

export const offsetCommitHandler: ApiHandler = handler({
  api: offsetCommit,
  versions: [2, 10],
  authorize: [
    { operation: 'Read', resource: 'Group', names: (request) => [request.groupId] },
    { operation: 'Read', resource: 'Topic', perEntry: true },
  ],
  refuse: (request, errorCode) => ({ topics: failAll(request, errorCode) }),
  async handle(request, context) {
    const error = coordinatorError(request.groupId, context)
    const { accepted, refused } = checkTopics(request, context)
    if (accepted.length === 0) return { topics: refused }
    const answer = (topics: readonly CommittedTopic[]): { topics: OffsetCommitResponseTopicInput[] } => ({
      topics: mergeTopics(topics, refused, context.apiVersion),
    })
    if (error !== ErrorCodes.NONE) return answer(accepted.map((topic) => failTopic(topic, error)))
    try {
      const { groupId, memberId, groupInstanceId, retentionTimeMs, generationIdOrMemberEpoch: generationId } = request
      const commit = { groupId, memberId, groupInstanceId, generationId, retentionTimeMs, topics: accepted }
      return answer(await context.cluster.groups.commitOffsets(commit, context.apiVersion))
    } catch (thrown) {
      const code = codeOf(thrown)
      return answer(accepted.map((topic) => failTopic(topic, code)))
    }
  },
})

/** Sorts out topics and partitions that do not exist or may not be read. */
function checkTopics(
  request: OffsetCommitRequest,
  context: RequestContext,
): { accepted: CommitTopic[]; refused: OffsetCommitResponseTopicInput[] } {
  const accepted: CommitTopic[] = []
  const refused: OffsetCommitResponseTopicInput[] = []
  const byId = context.apiVersion >= topicIdVersion
  for (const asked of request.topics) {
    const topic = findTopic(asked, byId, context)
    const name = topic?.name ?? asked.name
    if (byId && topic === undefined) refused.push(failTopic(asked, ErrorCodes.UNKNOWN_TOPIC_ID))
    else if (!context.allows('Read', 'Topic', name)) refused.push(failTopic(asked, ErrorCodes.TOPIC_AUTHORIZATION_FAILED))
    else if (topic === undefined) refused.push(failTopic(asked, topicNotFound(false)))
    else {
      const exists = ({ partitionIndex }: { readonly partitionIndex: number }): boolean => topic.partitions[partitionIndex] !== undefined
      const known = asked.partitions.filter(exists)
      const unknown = asked.partitions.filter((partition) => !exists(partition))
      if (known.length > 0) accepted.push({ name, topicId: topic.id, partitions: known })
      if (unknown.length > 0) refused.push(failTopic({ ...asked, partitions: unknown }, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION))
    }
  }
  return { accepted, refused }
}

/** One entry a topic, though some of its partitions were refused before the coordinator saw the others. */
function mergeTopics(
  committed: readonly CommittedTopic[],
  refused: readonly OffsetCommitResponseTopicInput[],
  apiVersion: number,
): OffsetCommitResponseTopicInput[] {
  const left = new Set(refused)
  const merged = committed.map(({ name, topicId, partitions }) => {
    const sameTopic = refused.find((topic) => (apiVersion >= topicIdVersion ? topic.topicId === topicId : topic.name === name))
    if (sameTopic !== undefined) left.delete(sameTopic)
    return { name, topicId, partitions: [...partitions, ...(sameTopic?.partitions ?? [])] }
  })
  return [...merged, ...left]
}

function failAll(request: OffsetCommitRequest, errorCode: number): OffsetCommitResponseTopicInput[] {
  return request.topics.map((topic) => failTopic(topic, errorCode))
}

function failTopic(
  { name, topicId, partitions }: Pick<OffsetCommitRequestTopic, 'name' | 'topicId'> & CommitPartitions,
  errorCode: number,
): CommittedTopic {
  return { name, topicId, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}
