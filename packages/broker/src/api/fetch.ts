/** Fetch (key 1): whole batches, at once or as soon as there are enough bytes. */

import type { FetchRequest, FetchResponseInput } from '@odradek/protocol'
import { ErrorCodes, fetch } from '@odradek/protocol'
import { fetchQuotaBytes, throttleFetch } from './client-throttle.ts'
import type { RequestContext } from './context.ts'
import type { FetchTarget, PartitionData } from './fetch-partition.ts'
import { failedPartition, resolveTarget } from './fetch-partition.ts'
import { waitForFetch } from './fetch-wait.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import type { LeaderHint } from './partition-lookup.ts'
import { leaderHint, nodeEndpoints } from './partition-lookup.ts'

const topicIdsSince = 13
const leaderHintsSince = 16
const noSession = 0
/** A full fetch that wants no session, and one that would like to begin one. */
const finalEpoch = -1
const initialEpoch = 0

type TopicResponse = FetchResponseInput['responses'][number]

export const fetchHandler: ApiHandler = handler({
  api: fetch,
  versions: [4, 18],
  notServed: ['Fetch sessions (KIP-227): every answer says session 0, so that clients send full fetches.', 'Fetches by replicas.'],
  authorize: [{ operation: 'Read', resource: 'Topic', perEntry: true }],
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, sessionId: noSession, responses: [] }),
  handle,
})

async function handle(request: FetchRequest, context: RequestContext): Promise<FetchResponseInput> {
  if (request.sessionId !== noSession) return failed(ErrorCodes.FETCH_SESSION_ID_NOT_FOUND)
  if (request.sessionEpoch !== finalEpoch && request.sessionEpoch !== initialEpoch) return failed(ErrorCodes.INVALID_FETCH_SESSION_EPOCH)
  const isolation = request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted'
  const byId = context.apiVersion >= topicIdsSince
  const targets: FetchTarget[] = []
  for (const topic of request.topics) {
    for (const wanted of topic.partitions)
      targets.push(await resolveTarget({ name: topic.topic, topicId: topic.topicId }, byId, wanted, context))
  }
  const maxBytes = Math.min(request.maxBytes, context.cluster.config.get('fetch.max.bytes'), fetchQuotaBytes(context))
  const limits = { minBytes: Math.min(request.minBytes, maxBytes), maxBytes, maxWaitMs: request.maxWaitMs, isolation } as const
  const data = await waitForFetch(targets, limits, context)
  const throttleTimeMs = throttleFetch(
    data.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    context,
  )
  if (throttleTimeMs > 0) return { ...failed(ErrorCodes.NONE), throttleTimeMs }
  return respond(request, targets, data, context)
}

function failed(errorCode: number): FetchResponseInput {
  return { throttleTimeMs: 0, errorCode, sessionId: noSession, responses: [] }
}

function respond(
  request: FetchRequest,
  targets: readonly FetchTarget[],
  data: readonly PartitionData[],
  context: RequestContext,
): FetchResponseInput {
  const hints: LeaderHint[] = []
  const responses: TopicResponse[] = []
  let next = 0
  for (const { topic, topicId, partitions } of request.topics) {
    const answers: PartitionData[] = []
    for (let left = partitions.length; left > 0; left--, next++) {
      const target = targets[next]
      const answer = data[next] ?? failedPartition(-1, ErrorCodes.UNKNOWN_SERVER_ERROR)
      const hint =
        context.apiVersion < leaderHintsSince ? undefined : leaderHint(target?.topic, answer.partitionIndex, answer.errorCode, context)
      if (hint !== undefined) hints.push(hint)
      answers.push(hint === undefined ? answer : { ...answer, currentLeader: hint })
      count(target, answer, context)
    }
    responses.push({ topic, topicId, partitions: answers })
  }
  const endpoints = hints.length === 0 ? [] : nodeEndpoints(hints, context)
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, sessionId: noSession, responses, nodeEndpoints: endpoints }
}

function count(target: FetchTarget | undefined, answer: PartitionData, context: RequestContext): void {
  if (target?.topic === undefined) return
  const { topicMetrics } = context.cluster
  const { name } = target.topic
  topicMetrics.mark(name, 'TotalFetchRequestsPerSec')
  if (answer.errorCode !== ErrorCodes.NONE) topicMetrics.mark(name, 'FailedFetchRequestsPerSec')
  else if (answer.sizeBytes > 0) topicMetrics.mark(name, 'BytesOutPerSec', answer.sizeBytes)
}
