/** Produce (key 0): appends batches, and answers once they are as durable as the topic's settings ask for. */

import type {
  ProduceRequest,
  ProduceRequestPartitionProduceData,
  ProduceRequestTopicProduceData,
  ProduceResponseInput,
  ProduceResponsePartitionProduceResponseInput,
} from '@odradek/protocol'
import { ErrorCodes, errorByCode, produce } from '@odradek/protocol'
import { topicValue } from '../config/topic-config.ts'
import type { Topic } from '../metadata/topic.ts'
import { requestProblem } from '../partition/batch-envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { AppendResult } from '../partition/types.ts'
import { throttleProduce } from './client-throttle.ts'
import type { RequestContext } from './context.ts'
import type { ApiHandler } from './handler.ts'
import { handler } from './handler.ts'
import type { LeaderHint } from './partition-lookup.ts'
import { findLedPartition, findTopic, leaderHint, nodeEndpoints, openPartition, absentTopicError } from './partition-lookup.ts'
import { inSyncReplicas } from './partition-view.ts'
import type { Beginning } from './transaction-admission.ts'
import { admit } from './transaction-admission.ts'

type PartitionResponse = ProduceResponsePartitionProduceResponseInput

const topicIdsSince = 13
const leaderHintsSince = 10
const acksAll = -1

export const produceHandler: ApiHandler = handler({
  api: produce,
  versions: [3, 13],
  pipelined: true,
  authorize: [
    { operation: 'Write', resource: 'Topic', perEntry: true },
    {
      operation: 'Write',
      resource: 'TransactionalId',
      names: (request) => (request.transactionalId === null ? [] : [request.transactionalId]),
    },
  ],
  prepare,
  refuse: (request, errorCode) => refuseAll(request, errorCode),
  handle,
})

/** Opens the logs, loads the codecs and asks the transaction coordinator, as appending needs: then the appends of pipelined requests keep their order. */
function prepare(request: ProduceRequest, context: RequestContext): Promise<void> | undefined {
  const { transactionalId } = request
  return transactionalId === null
    ? prepareAppends(request, context)
    : prepareAppends(request, context, (begun) => admit(begun, transactionalId, context))
}

/** `onBegun` gets those of the request that a transaction begins in. */
function prepareAppends(
  request: ProduceRequest,
  context: RequestContext,
  onBegun?: (begun: readonly Beginning[]) => Promise<void>,
): Promise<void> | undefined {
  let waits: Promise<void>[] | undefined
  const begun: Beginning[] = []
  for (const topicData of request.topicData) {
    const topic = findTopic(topicData, context.apiVersion >= topicIdsSince, context)
    if (topic === undefined) continue
    for (const data of topicData.partitionData) {
      const wait = preparePartition(topic, data, onBegun === undefined ? undefined : begun, context)
      if (wait !== undefined) (waits ??= []).push(wait)
    }
  }
  const prepared = waits === undefined ? undefined : Promise.all(waits).then(() => undefined)
  if (onBegun === undefined) return prepared
  if (prepared === undefined) return begun.length === 0 ? undefined : onBegun(begun)
  return prepared.then(() => onBegun(begun))
}

function preparePartition(
  topic: Topic,
  data: ProduceRequestPartitionProduceData,
  begun: Beginning[] | undefined,
  context: RequestContext,
): Promise<void> | undefined {
  const { records } = data
  if (records === null || topic.partitions[data.index] === undefined) return undefined
  const open = context.cluster.partitions.opened(topic.name, data.index)
  if (open !== undefined) return prepareAppend(open, records, begun)
  return openPartition(topic, data.index, context).then(({ found }) => found && prepareAppend(found, records, begun))
}

function prepareAppend(partition: Partition, records: Buffer, begun: Beginning[] | undefined): Promise<void> | undefined {
  const producer = begun === undefined ? undefined : partition.transactionBeginner(records)
  if (producer !== undefined) begun?.push({ partition, producer })
  return partition.prepare(records)
}

function handle(request: ProduceRequest, context: RequestContext): ProduceResponseInput | null | Promise<ProduceResponseInput | null> {
  const responses = request.topicData.map((topicData) => appendTopic(topicData, request.acks, context))
  return request.acks === 0 ? finishUnacknowledged(responses, context) : waitForAll(responses, context)
}

interface Appended {
  readonly response: PartitionResponse
  /** Undefined when there is nothing to wait for. */
  readonly durable: Promise<void> | undefined
  /** Whether leadership has moved since the append: a leader that is none any more does not speak for the replicas. */
  readonly hasMoved?: () => boolean
}

interface AppendedTopic {
  readonly name: string
  readonly topicId: string
  readonly topic: Topic | undefined
  readonly partitions: readonly Appended[]
}

function appendTopic(data: ProduceRequestTopicProduceData, acks: number, context: RequestContext): AppendedTopic {
  const byId = context.apiVersion >= topicIdsSince
  const topic = findTopic(data, byId, context)
  const missing = absentTopicError(data.name, byId, 'Write', context)
  const partitions = data.partitionData.map((partition) => appendPartition(topic, missing, partition, acks, context))
  return { name: data.name, topicId: data.topicId, topic, partitions }
}

function appendPartition(
  topic: Topic | undefined,
  missing: number,
  data: ProduceRequestPartitionProduceData,
  acks: number,
  context: RequestContext,
): Appended {
  if (topic === undefined) return failed(data.index, missing)
  const { topicMetrics, partitions } = context.cluster
  topicMetrics.mark(topic.name, 'TotalProduceRequestsPerSec')
  const problem = produceProblem(topic, data, acks, context)
  const partition = partitions.opened(topic.name, data.index)
  if (problem !== undefined || data.records === null || partition === undefined) {
    topicMetrics.mark(topic.name, 'FailedProduceRequestsPerSec')
    return failed(data.index, problem?.errorCode ?? ErrorCodes.KAFKA_STORAGE_ERROR, problem?.message)
  }
  const sizeBytes = data.records.length
  const result = partition.append(data.records, { origin: 'client', apiVersion: context.apiVersion })
  if (result.errorCode !== ErrorCodes.NONE) {
    topicMetrics.mark(topic.name, 'FailedProduceRequestsPerSec')
    topicMetrics.mark(topic.name, 'BytesRejectedPerSec', sizeBytes)
    return { response: partitionResponse(data.index, result), durable: undefined }
  }
  topicMetrics.mark(topic.name, 'BytesInPerSec', sizeBytes)
  topicMetrics.mark(topic.name, 'MessagesInPerSec', result.lastOffset - result.baseOffset + 1)
  const response = partitionResponse(data.index, result)
  const durable = partition.whenDurable(result.lastOffset)
  // It may fail while another partition of the request is being waited for.
  durable.catch(() => undefined)
  if (acks !== acksAll) return { response, durable }
  const { leaderEpoch } = partition
  return { response, durable, hasMoved: () => partition.leaderEpoch !== leaderEpoch }
}

interface Problem {
  readonly errorCode: number
  readonly message?: string
}

/** In Kafka's order: what may be asked for, then whether the records can be of any topic, then how they are to be taken. */
function produceProblem(
  topic: Topic,
  data: ProduceRequestPartitionProduceData,
  acks: number,
  context: RequestContext,
): Problem | undefined {
  if (!context.allows('Write', 'Topic', topic.name)) return { errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED }
  if (topic.partitions[data.index] === undefined) return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION }
  if (data.records === null) return { errorCode: ErrorCodes.INVALID_RECORD }
  const errorCode = refusal(topic, data, acks, context)
  if (errorCode === ErrorCodes.NONE) return undefined
  return requestProblem(data.records, context.apiVersion) ?? { errorCode }
}

function refusal(topic: Topic, data: ProduceRequestPartitionProduceData, acks: number, context: RequestContext): number {
  if (acks !== 0 && acks !== 1 && acks !== acksAll) return ErrorCodes.INVALID_REQUIRED_ACKS
  if (topic.isInternal) return ErrorCodes.INVALID_TOPIC_EXCEPTION
  const led = findLedPartition(topic, data.index, -1, context)
  if (led.found === undefined) return led.errorCode
  const inSyncMin = acks === acksAll ? topicValue(topic.configs, context.cluster.config, 'min.insync.replicas') : 1
  if (inSyncMin > inSyncReplicas(led.found.state.replicas, context.cluster).length) return ErrorCodes.NOT_ENOUGH_REPLICAS
  return ErrorCodes.NONE
}

function partitionResponse(index: number, result: AppendResult): PartitionResponse {
  return {
    index,
    errorCode: result.errorCode,
    baseOffset: result.baseOffset,
    logAppendTimeMs: result.logAppendTimeMs,
    logStartOffset: result.logStartOffset,
    recordErrors: result.recordErrors.map(({ batchIndex, message }) => ({ batchIndex, batchIndexErrorMessage: message })),
    errorMessage: result.errorMessage,
  }
}

function failed(index: number, errorCode: number, message: string = errorByCode(errorCode).message): Appended {
  return { response: { index, errorCode, baseOffset: -1, errorMessage: message }, durable: undefined }
}

/**
 * acks=0: a client that gets no answer learns of an error by losing its connection. The request counts as in progress until it is written,
 * so that what waits for the disk is bounded here as well.
 */
async function finishUnacknowledged(topics: readonly AppendedTopic[], context: RequestContext): Promise<null> {
  for (const appended of topics.flatMap((topic) => topic.partitions)) {
    const { errorCode } = await settled(appended, context)
    if (errorCode === ErrorCodes.NONE) continue
    const { name } = errorByCode(errorCode)
    context.cluster.logger.info(`closed the connection from ${context.clientHost}: a produce request with acks=0 failed with ${name}`)
    context.connection.destroy()
    return null
  }
  throttleProduce(context)
  return null
}

async function waitForAll(topics: readonly AppendedTopic[], context: RequestContext): Promise<ProduceResponseInput> {
  const hints: LeaderHint[] = []
  const responses: ProduceResponseInput['responses'][number][] = []
  for (const { name, topicId, topic, partitions } of topics) {
    const partitionResponses: PartitionResponse[] = []
    for (const appended of partitions) {
      const response = await settled(appended, context)
      const hint = context.apiVersion < leaderHintsSince ? undefined : leaderHint(topic, response.index, response.errorCode, context)
      if (hint !== undefined) hints.push(hint)
      partitionResponses.push(hint === undefined ? response : { ...response, currentLeader: hint })
    }
    responses.push({ name, topicId, partitionResponses })
  }
  return { responses, throttleTimeMs: throttleProduce(context), nodeEndpoints: hints.length === 0 ? [] : nodeEndpoints(hints, context) }
}

async function settled({ response, durable, hasMoved }: Appended, context: RequestContext): Promise<PartitionResponse> {
  try {
    await durable
    return hasMoved?.() === true ? failed(response.index, ErrorCodes.NOT_LEADER_OR_FOLLOWER).response : response
  } catch (error) {
    context.cluster.logger.error(`a write failed: ${error instanceof Error ? error.message : String(error)}`)
    return failed(response.index, ErrorCodes.KAFKA_STORAGE_ERROR).response
  }
}

function refuseAll(request: ProduceRequest, errorCode: number): ProduceResponseInput {
  return {
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => failed(index, errorCode).response),
    })),
    throttleTimeMs: 0,
  }
}
