/**
 * AddPartitionsToTxn (24): partitions become part of an open transaction, which begins with the first. Versions from 4 on are for brokers:
 * several transactions at once, and the question whether partitions are part of one (KIP-890).
 */

import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnRequestTopic,
  AddPartitionsToTxnRequestTransaction,
  AddPartitionsToTxnResponseInput,
} from '@odradek/protocol'
import { addPartitionsToTxn, ErrorCodes } from '@odradek/protocol'
import { isInternalTopic } from '../metadata/topic-names.ts'
import { clusterResource } from './authorizer.ts'
import type { RequestContext } from './context.ts'
import { codeOf } from './group-requests.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import { addPartitions } from './transaction-membership.ts'
import { transactionCoordinatorError, transactionErrorCode } from './transaction-requests.ts'

type Topics = readonly AddPartitionsToTxnRequestTopic[]
type TransactionRequest = AddPartitionsToTxnRequestTransaction
type TopicResult = NonNullable<AddPartitionsToTxnResponseInput['resultsByTopicV3AndBelow']>[number]

const producerFencedSince = 2
const forBrokersSince = 4
/** From here on producers bump their epochs, and leave it to brokers to add partitions. */
const epochBumpSince = 5

export const addPartitionsToTxnHandler: ApiHandler = handler({
  api: addPartitionsToTxn,
  versions: [0, 5],
  authorize: [
    { operation: 'Write', resource: 'TransactionalId', perEntry: true },
    { operation: 'Write', resource: 'Topic', perEntry: true },
    { operation: 'ClusterAction', resource: 'Cluster', perEntry: true },
  ],
  refuse(request, errorCode, { apiVersion }) {
    if (apiVersion >= forBrokersSince) return { throttleTimeMs: 0, errorCode, resultsByTransaction: [] }
    return { throttleTimeMs: 0, resultsByTopicV3AndBelow: failAll(request.v3AndBelowTopics, errorCode) }
  },
  async handle(request, context) {
    if (context.apiVersion < forBrokersSince) {
      return { throttleTimeMs: 0, resultsByTopicV3AndBelow: await add(ofClient(request), context) }
    }
    if (!context.allows('ClusterAction', 'Cluster', clusterResource)) {
      return { throttleTimeMs: 0, errorCode: ErrorCodes.CLUSTER_AUTHORIZATION_FAILED, resultsByTransaction: [] }
    }
    const resultsByTransaction = await Promise.all(
      request.transactions.map(async (transaction) => ({
        transactionalId: transaction.transactionalId,
        topicResults: transaction.verifyOnly ? await verify(transaction, context) : await add(transaction, context),
      })),
    )
    return { throttleTimeMs: 0, errorCode: ErrorCodes.NONE, resultsByTransaction }
  },
})

function ofClient(request: AddPartitionsToTxnRequest): TransactionRequest {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }
}

/** All of the partitions or none: where one of them will not do, the others are OPERATION_NOT_ATTEMPTED. */
async function add(transaction: TransactionRequest, context: RequestContext): Promise<TopicResult[]> {
  const { transactionalId, topics } = transaction
  const isClient = context.apiVersion < forBrokersSince
  if (isClient && !context.allows('Write', 'TransactionalId', transactionalId)) {
    return failAll(topics, ErrorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  const problems = topics.map((topic) => resultOf(topic, (partition) => partitionProblem(topic.name, partition, isClient, context)))
  if (problems.some(({ resultsByPartition }) => resultsByPartition.some(({ partitionErrorCode }) => partitionErrorCode !== 0))) {
    return problems.map(({ name, resultsByPartition }) => ({
      name,
      resultsByPartition: resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
        partitionIndex,
        partitionErrorCode: partitionErrorCode === ErrorCodes.NONE ? ErrorCodes.OPERATION_NOT_ATTEMPTED : partitionErrorCode,
      })),
    }))
  }
  const error = transactionCoordinatorError(transactionalId, context)
  if (error !== ErrorCodes.NONE) return failAll(topics, error)
  const version = context.apiVersion >= epochBumpSince ? 2 : 0
  try {
    const partitions = new Map(topics.map(({ name, partitions: indexes }) => [name, new Set(indexes)]))
    await addPartitions(context.cluster, transactionalId, transaction, partitions, version)
    return failAll(topics, ErrorCodes.NONE)
  } catch (thrown) {
    return failAll(topics, transactionErrorCode(thrown, context, producerFencedSince))
  }
}

async function verify(transaction: TransactionRequest, context: RequestContext): Promise<TopicResult[]> {
  const { transactionalId, topics } = transaction
  const error = transactionCoordinatorError(transactionalId, context)
  if (error !== ErrorCodes.NONE) return failAll(topics, error)
  const results = topics.map(async ({ name, partitions }) => ({
    name,
    resultsByPartition: await Promise.all(
      partitions.map(async (partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: await context.cluster.transactions.verify(transactionalId, transaction, name, partitionIndex).catch(codeOf),
      })),
    ),
  }))
  return Promise.all(results)
}

function partitionProblem(topic: string, partition: number, isClient: boolean, context: RequestContext): number {
  if (isClient && !isInternalTopic(topic) && !context.allows('Write', 'Topic', topic)) return ErrorCodes.TOPIC_AUTHORIZATION_FAILED
  const exists = context.cluster.topics.get(topic)?.partitions[partition] !== undefined
  return exists ? ErrorCodes.NONE : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
}

function failAll(topics: Topics, errorCode: number): TopicResult[] {
  return topics.map((topic) => resultOf(topic, () => errorCode))
}

function resultOf({ name, partitions }: Topics[number], errorOf: (partition: number) => number): TopicResult {
  return {
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: errorOf(partitionIndex) })),
  }
}
