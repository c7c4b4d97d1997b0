/** Finds the partition that a request names, or the error that Kafka answers with. */

import { ErrorCodes } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { endpointFor } from '../node.ts'
import type { PartitionState, Topic } from '../metadata/topic.ts'
import type { Partition } from '../partition/partition.ts'
import { StorageError } from '../storage/storage-error.ts'
import type { AclOperation } from './authorizer.ts'
import type { RequestContext } from './context.ts'

/** The name is empty, or the id zero, where the request's version does not carry it. */
export interface TopicReference {
  readonly name: string
  readonly topicId: string
}

export type Lookup<Found> = { readonly errorCode: 0; readonly found: Found } | { readonly errorCode: number; readonly found: undefined }

export interface LedPartition {
  readonly topic: Topic
  readonly state: PartitionState
}

/** `byId` says which of the two the request's version uses. */
export function findTopic(reference: TopicReference, byId: boolean, context: RequestContext): Topic | undefined {
  const { topics } = context.cluster
  return byId ? topics.byId(reference.topicId) : topics.get(reference.name)
}

export function topicNotFound(byId: boolean): number {
  return byId ? ErrorCodes.UNKNOWN_TOPIC_ID : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
}

/** As `topicNotFound`; but whoever may not use a topic of this name does not learn that it is not there. */
export function absentTopicError(name: string, byId: boolean, operation: AclOperation, context: RequestContext): number {
  return byId || context.allows(operation, 'Topic', name) ? topicNotFound(byId) : ErrorCodes.TOPIC_AUTHORIZATION_FAILED
}

/** The partition when this node leads it in the epoch that the client believes in; `currentLeaderEpoch` −1 means that it does not say. */
export function findLedPartition(
  topic: Topic,
  partition: number,
  currentLeaderEpoch: number,
  context: RequestContext,
): Lookup<LedPartition> {
  const state = topic.partitions[partition]
  if (state === undefined) return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, found: undefined }
  // Epochs are the business of nodes that have a replica.
  if (!state.replicas.includes(context.node.nodeId)) return { errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER, found: undefined }
  if (currentLeaderEpoch >= 0 && currentLeaderEpoch < state.leaderEpoch)
    return { errorCode: ErrorCodes.FENCED_LEADER_EPOCH, found: undefined }
  if (currentLeaderEpoch > state.leaderEpoch) return { errorCode: ErrorCodes.UNKNOWN_LEADER_EPOCH, found: undefined }
  if (state.leaderId !== context.node.nodeId) return { errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER, found: undefined }
  return { errorCode: ErrorCodes.NONE, found: { topic, state } }
}

/** The open partition; opens its log when it is not. Resolves to an error code instead of rejecting. */
export async function openPartition(topic: Topic, partition: number, context: RequestContext): Promise<Lookup<Partition>> {
  const { partitions, logger } = context.cluster
  try {
    return { errorCode: ErrorCodes.NONE, found: await partitions.open(topic, partition) }
  } catch (error) {
    logger.error(`${topic.name}-${partition} cannot be opened: ${error instanceof Error ? error.message : String(error)}`)
    return { errorCode: error instanceof StorageError ? error.errorCode : ErrorCodes.KAFKA_STORAGE_ERROR, found: undefined }
  }
}

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** Who leads instead, for a client that asked the wrong node or in the wrong epoch (KIP-951). */
export function leaderHint(
  topic: Topic | undefined,
  partition: number,
  errorCode: number,
  context: RequestContext,
): LeaderHint | undefined {
  if (errorCode !== ErrorCodes.NOT_LEADER_OR_FOLLOWER && errorCode !== ErrorCodes.FENCED_LEADER_EPOCH) return undefined
  // The topic that the request was resolved to may be older than the move.
  const state = topic && context.cluster.topics.byId(topic.id)?.partitions[partition]
  return state && { leaderId: state.leaderId, leaderEpoch: state.leaderEpoch }
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Where the nodes of the hints are, as the asking client reaches them. */
export function nodeEndpoints(hints: Iterable<LeaderHint>, context: RequestContext): NodeEndpoint[] {
  const ids = new Set([...hints].map((hint) => hint.leaderId))
  return clusterEndpoints(context).filter((endpoint) => ids.has(endpoint.nodeId))
}

/** The nodes, by default those that run, which have the listener that the client came in through. */
export function clusterEndpoints(context: RequestContext, nodes: Cluster['nodes'] = context.cluster.nodes): NodeEndpoint[] {
  const endpoints: NodeEndpoint[] = []
  for (const node of nodes.values()) {
    const endpoint = endpointFor(node, context.listener, context.connection.localAddress)
    if (endpoint !== undefined) endpoints.push({ nodeId: node.nodeId, ...endpoint, rack: node.rack })
  }
  return endpoints
}
