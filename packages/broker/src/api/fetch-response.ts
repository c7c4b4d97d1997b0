/** The response to a fetch, from what each partition answers. */

import type { FetchResponseInput } from '@odradek/protocol'
import { ErrorCodes, zeroUuid } from '@odradek/protocol'
import type { RequestContext } from './context.ts'
import type { FetchTarget } from './fetch-partition.ts'
import { failedPartition } from './fetch-partition.ts'
import type { PartitionData } from './fetch-session.ts'
import type { LeaderHint } from './partition-lookup.ts'
import { leaderHint, nodeEndpoints } from './partition-lookup.ts'

const leaderHintsSince = 16
/** Clients of earlier versions may not know KAFKA_STORAGE_ERROR, or zstd. */
const storageErrorSince = 6
const zstdSince = 10

export interface FetchAnswer {
  readonly target: FetchTarget
  readonly data: PartitionData
}

type TopicResponse = FetchResponseInput['responses'][number]

/** A response without partitions. */
export function failedFetch(errorCode: number, sessionId: number): FetchResponseInput {
  return { throttleTimeMs: 0, errorCode, sessionId, responses: [] }
}

/** The answers in their order; neighbours of one topic share an entry. */
export function fetchResponse(
  sessionId: number,
  answers: readonly FetchAnswer[],
  byId: boolean,
  context: RequestContext,
): FetchResponseInput {
  const hints: LeaderHint[] = []
  const responses: (TopicResponse & { readonly partitions: PartitionData[] })[] = []
  for (const { target, data } of answers) {
    const answer = inVersion(target, data, context.apiVersion)
    const hint =
      context.apiVersion < leaderHintsSince ? undefined : leaderHint(target.topic, answer.partitionIndex, answer.errorCode, context)
    if (hint !== undefined) hints.push(hint)
    count(target, answer, context)
    const { name, topicId } = target.entry
    let topic = responses.at(-1)
    if (topic === undefined || (byId ? topic.topicId !== topicId : topic.topic !== name)) {
      topic = byId ? { topic: '', topicId, partitions: [] } : { topic: name, topicId: zeroUuid, partitions: [] }
      responses.push(topic)
    }
    topic.partitions.push(hint === undefined ? answer : { ...answer, currentLeader: hint })
  }
  const endpoints = hints.length === 0 ? [] : nodeEndpoints(hints, context)
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, sessionId, responses, nodeEndpoints: endpoints }
}

function inVersion({ partition }: FetchTarget, data: PartitionData, apiVersion: number): PartitionData {
  if (apiVersion < zstdSince && partition?.config.compressionType === 'zstd') {
    return failedPartition(data.partitionIndex, ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE)
  }
  if (apiVersion < storageErrorSince && data.errorCode === ErrorCodes.KAFKA_STORAGE_ERROR) {
    return { ...data, errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER }
  }
  return data
}

function count({ topic }: FetchTarget, answer: PartitionData, context: RequestContext): void {
  if (topic === undefined) return
  const { topicMetrics } = context.cluster
  topicMetrics.mark(topic.name, 'TotalFetchRequestsPerSec')
  if (answer.errorCode !== ErrorCodes.NONE) topicMetrics.mark(topic.name, 'FailedFetchRequestsPerSec')
  else if (answer.sizeBytes > 0) topicMetrics.mark(topic.name, 'BytesOutPerSec', answer.sizeBytes)
}
