/** OffsetFetch (9). Versions: 2 all topics and a top-level error, 7 requireStable, 8 several groups, 10 topic ids instead of names. */

import {
  ErrorCodes,
  offsetFetch,
  type OffsetFetchRequest,
  type OffsetFetchResponseGroupInput,
  type OffsetFetchResponseInput,
  type OffsetFetchResponseTopicsInput,
} from '@odradek/protocol'
import { type FetchedTopic, type FetchTopic, noTopicId } from '../coordinator/group/offsets/fetch.ts'
import type { RequestContext } from './context.ts'
import { codeOf, coordinatorError } from './group-requests.ts'
import { type ApiHandler, handler } from './handler.ts'
import { findTopic } from './partition-lookup.ts'

const topLevelErrorVersion = 2
const severalGroupsVersion = 8
const topicIdVersion = 10

interface AskedGroup {
  readonly groupId: string
  /** Null asks for everything that is committed. */
  readonly topics: readonly FetchTopic[] | null
}

export const offsetFetchHandler: ApiHandler = handler({
  api: offsetFetch,
  versions: [1, 10],
  authorize: [
    { operation: 'Describe', resource: 'Group', perEntry: true },
    { operation: 'Describe', resource: 'Topic', perEntry: true },
  ],
  refuse(request, errorCode, context) {
    const groups = askedGroups(request, context.apiVersion)
    return responseOf(
      groups.map((group) => failed(group, errorCode, context.apiVersion)),
      context.apiVersion,
    )
  },
  async handle(request, context) {
    const groups = askedGroups(request, context.apiVersion)
    return responseOf(await Promise.all(groups.map((group) => fetchGroup(group, request.requireStable, context))), context.apiVersion)
  },
})

/** Versions before 8 ask for one group. */
function askedGroups(request: OffsetFetchRequest, apiVersion: number): readonly AskedGroup[] {
  if (apiVersion >= severalGroupsVersion) return request.groups
  const { groupId, topics } = request
  return [{ groupId, topics: topics?.map((topic) => ({ ...topic, topicId: noTopicId })) ?? null }]
}

async function fetchGroup(group: AskedGroup, requireStable: boolean, context: RequestContext): Promise<OffsetFetchResponseGroupInput> {
  const { groupId, topics } = group
  const { apiVersion } = context
  if (!context.allows('Describe', 'Group', groupId)) return failed(group, ErrorCodes.GROUP_AUTHORIZATION_FAILED, apiVersion)
  const error = coordinatorError(groupId, context)
  if (error !== ErrorCodes.NONE) return failed(group, error, apiVersion)
  try {
    const { groups } = context.cluster
    if (topics === null) {
      const committed = await groups.fetchOffsets(groupId, null, requireStable)
      return { groupId, errorCode: ErrorCodes.NONE, topics: visible(committed, context) }
    }
    const { accepted, refused } = checkTopics(topics, context)
    const committed = await groups.fetchOffsets(groupId, accepted, requireStable)
    return { groupId, errorCode: ErrorCodes.NONE, topics: [...committed, ...refused] }
  } catch (thrown) {
    return failed(group, codeOf(thrown), apiVersion)
  }
}

function checkTopics(
  topics: readonly FetchTopic[],
  context: RequestContext,
): { accepted: FetchTopic[]; refused: OffsetFetchResponseTopicsInput[] } {
  const accepted: FetchTopic[] = []
  const refused: OffsetFetchResponseTopicsInput[] = []
  for (const topic of topics) {
    const byId = context.apiVersion >= topicIdVersion
    const name = byId ? findTopic(topic, true, context)?.name : topic.name
    if (name === undefined) refused.push(failTopic(topic, ErrorCodes.UNKNOWN_TOPIC_ID))
    else if (!context.allows('Describe', 'Topic', name)) refused.push(failTopic(topic, ErrorCodes.TOPIC_AUTHORIZATION_FAILED))
    else accepted.push({ ...topic, name })
  }
  return { accepted, refused }
}

/** Of all that is committed, what the client may see; with topic ids, only topics that exist. */
function visible(topics: readonly FetchedTopic[], context: RequestContext): FetchedTopic[] {
  const allowed = topics.filter(({ name }) => context.allows('Describe', 'Topic', name))
  if (context.apiVersion < topicIdVersion) return allowed
  return allowed.flatMap((topic) => {
    const topicId = topic.topicId === noTopicId ? context.cluster.topics.get(topic.name)?.id : topic.topicId
    return topicId === undefined ? [] : [{ ...topic, topicId }]
  })
}

/** Before version 2 each partition carries the error of its group. */
function failed({ groupId, topics }: AskedGroup, errorCode: number, apiVersion: number): OffsetFetchResponseGroupInput {
  if (apiVersion >= topLevelErrorVersion || topics === null) return { groupId, errorCode, topics: [] }
  return { groupId, errorCode, topics: topics.map((topic) => failTopic(topic, errorCode)) }
}

function failTopic({ name, topicId, partitionIndexes }: FetchTopic, errorCode: number): OffsetFetchResponseTopicsInput {
  const nothing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
  return { name, topicId, partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...nothing })) }
}

function responseOf(groups: readonly OffsetFetchResponseGroupInput[], apiVersion: number): OffsetFetchResponseInput {
  if (apiVersion >= severalGroupsVersion) return { groups }
  const [group] = groups
  const topics = (group?.topics ?? []).map(({ name = '', partitions }) => ({ name, partitions }))
  return { topics, errorCode: group?.errorCode ?? ErrorCodes.NONE }
}
