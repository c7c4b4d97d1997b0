/** TxnOffsetCommit (28): offsets that take effect with a transaction. Version 3 names the group's member (KIP-447), 5 adds the partition by itself (KIP-890). */

import {
  ErrorCodes,
  txnOffsetCommit,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitRequestTopic,
  type TxnOffsetCommitResponseTopicInput,
} from '@odradek/protocol'
import { groupTopic } from '../coordinator/group/group-coordinator.ts'
import type { CommitTopic } from '../coordinator/group/offsets/commit.ts'
import { noTopicId } from '../coordinator/group/offsets/fetch.ts'
import type { RequestContext } from './context.ts'
import { codeOf, coordinatorError, mergeByName } from './group-requests.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { joinTransaction, verifyInTransaction } from './transaction-membership.ts'

type AskedTopic = TxnOffsetCommitRequestTopic
type Result = TxnOffsetCommitResponseTopicInput

/** Older clients break on COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296). */
const loadInProgressSince = 2
const abortableSince = 4
const addsPartitionSince = 5

export const txnOffsetCommitHandler: ApiHandler = handler({
  api: txnOffsetCommit,
  versions: [0, 5],
  authorize: [
    { operation: 'Write', resource: 'TransactionalId', names: (request) => [request.transactionalId] },
    { operation: 'Read', resource: 'Group', names: (request) => [request.groupId] },
    { operation: 'Read', resource: 'Topic', perEntry: true },
  ],
  refuse: (request, errorCode) => ({ throttleTimeMs: 0, topics: request.topics.map((topic) => failTopic(topic, errorCode)) }),
  async handle(request, context) {
    const refused: Result[] = []
    const accepted: CommitTopic[] = []
    for (const topic of request.topics) sortOut(topic, accepted, refused, context)
    if (accepted.length === 0) return { throttleTimeMs: 0, topics: refused }
    return { throttleTimeMs: 0, topics: mergeByName([...(await commit(request, accepted, context)), ...refused]) }
  },
})

function sortOut(asked: AskedTopic, accepted: CommitTopic[], refused: Result[], context: RequestContext): void {
  const { name, partitions } = asked
  const topic = context.cluster.topics.get(name)
  if (!context.allows('Read', 'Topic', name)) {
    refused.push(failTopic(asked, ErrorCodes.TOPIC_AUTHORIZATION_FAILED))
    return
  }
  const known = partitions.filter(({ partitionIndex }) => topic?.partitions[partitionIndex] !== undefined)
  const unknown = partitions.filter((partition) => !known.includes(partition))
  // As Apache Kafka, which keeps the id with commits outside transactions only.
  if (known.length > 0) accepted.push({ name, topicId: noTopicId, partitions: known })
  if (unknown.length > 0) refused.push(failTopic({ name, partitions: unknown }, ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION))
}

async function commit(request: TxnOffsetCommitRequest, topics: readonly CommitTopic[], context: RequestContext): Promise<Result[]> {
  const { groupId, memberId, groupInstanceId, generationId, transactionalId, producerId, producerEpoch } = request
  const { cluster, apiVersion } = context
  const failAll = (errorCode: number): Result[] => topics.map((topic) => failTopic(topic, errorCode))
  if (groupId === '') return failAll(ErrorCodes.INVALID_GROUP_ID)
  const error = coordinatorError(groupId, context)
  if (error !== ErrorCodes.NONE) return failAll(error)
  const producer = { producerId, producerEpoch }
  const asked = { transactionalId, producer, knowsAbortable: apiVersion >= abortableSince }
  const partition = cluster.groups.partitionOf(groupId)
  const membership =
    apiVersion >= addsPartitionSince
      ? await joinTransaction(cluster, asked, new Map([[groupTopic, new Set([partition])]]))
      : await verifyInTransaction(cluster, asked, groupTopic, partition)
  if (membership !== ErrorCodes.NONE) {
    return failAll(membership === ErrorCodes.NOT_ENOUGH_REPLICAS ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : membership)
  }
  try {
    const offsets = { groupId, memberId, groupInstanceId, generationId, retentionTimeMs: -1, topics }
    const committed = await cluster.groups.commitInTransaction(offsets, producer)
    return committed.map(({ name, partitions }) => ({ name, partitions }))
  } catch (thrown) {
    const code = codeOf(thrown)
    const isLoading = code === ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS
    return failAll(isLoading && apiVersion < loadInProgressSince ? ErrorCodes.COORDINATOR_NOT_AVAILABLE : code)
  }
}

function failTopic(
  { name, partitions }: { readonly name: string; readonly partitions: readonly { readonly partitionIndex: number }[] },
  errorCode: number,
): Result {
  return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
}
