/** ElectLeaders (key 43): gives partitions back to their preferred leaders (KIP-183, KIP-460). */

import type { ElectLeadersRequest, ElectLeadersResponseInput, ElectLeadersResponseReplicaElectionResultInput } from '@odradek/protocol'
import { electLeaders, ErrorCodes, errorByCode } from '@odradek/protocol'
import { noLeader } from '../metadata/topic.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'

const electionTypes = { preferred: 0, unclean: 1 } as const

interface Candidate {
  readonly topic: string
  readonly partition: number
}

export const electLeadersHandler: ApiHandler = handler({
  api: electLeaders,
  versions: [0, 2],
  authorize: [{ operation: 'Alter', resource: 'Cluster' }],
  refuse: (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, replicaElectionResults: [] }),
  handle,
})

async function handle(request: ElectLeadersRequest, context: RequestContext): Promise<ElectLeadersResponseInput> {
  const candidates = candidatesOf(request, context)
  const errorCodes = await elect(request, candidates, context)
  const byTopic = new Map<string, ElectLeadersResponseReplicaElectionResultInput['partitionResult'][number][]>()
  for (const [index, { topic, partition }] of candidates.entries()) {
    const errorCode = errorCodes[index] ?? ErrorCodes.UNKNOWN_SERVER_ERROR
    // Whoever asks for all wants to hear of those that it concerns.
    if (request.topicPartitions === null && errorCode === ErrorCodes.ELECTION_NOT_NEEDED) continue
    const errorMessage = errorCode === ErrorCodes.NONE ? null : errorByCode(errorCode).message
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), { partitionId: partition, errorCode, errorMessage }])
  }
  const replicaElectionResults = Array.from(byTopic, ([topic, partitionResult]) => ({ topic, partitionResult }))
  return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, replicaElectionResults }
}

function candidatesOf({ topicPartitions }: ElectLeadersRequest, { cluster }: RequestContext): Candidate[] {
  if (topicPartitions !== null)
    return topicPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
  return [...cluster.topics.all()].flatMap(({ name, partitions }) => partitions.map((_state, partition) => ({ topic: name, partition })))
}

async function elect(
  { electionType }: ElectLeadersRequest,
  candidates: readonly Candidate[],
  { cluster }: RequestContext,
): Promise<readonly number[]> {
  switch (electionType) {
    case electionTypes.preferred:
      return await cluster.leadership.electPreferred(candidates)
    case electionTypes.unclean:
      return candidates.map(({ topic, partition }) => uncleanError(cluster.topics.get(topic)?.partitions[partition]?.leaderId))
    default:
      return candidates.map(() => ErrorCodes.INVALID_REQUEST)
  }
}

/** Every replica that runs is in sync, so an offline partition has nobody to elect. */
function uncleanError(leaderId: number | undefined): number {
  if (leaderId === undefined) return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return leaderId === noLeader ? ErrorCodes.ELIGIBLE_LEADERS_NOT_AVAILABLE : ErrorCodes.ELECTION_NOT_NEEDED
}
