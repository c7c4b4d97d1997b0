/** Decides what creating or growing a topic means: Kafka's checks, and the records that follow from them. */

import { ErrorCodes } from '@odradek/protocol'
import type { BrokerConfig } from '../config/broker-config.ts'
import { ConfigError } from '../config/config-key.ts'
import { checkTopicConfigs } from '../config/topic-config.ts'
import type { ClusterImage } from './cluster-image.ts'
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts'
import { ResourceTypes } from './metadata-records.ts'
import { topicNameProblem } from './topic-names.ts'
import type { Topic } from './topic.ts'
import { leaderAmong, noLeader } from './topic.ts'

/** A change that cannot be made, with the error code to answer with. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'
  readonly errorCode: number

  constructor(errorCode: number, message: string) {
    super(message)
    this.errorCode = errorCode
  }
}

/** As in a CreateTopics request. */
export interface TopicSpec {
  readonly name: string
  /** −1: num.partitions, or as many as there are assignments. */
  readonly numPartitions: number
  /** −1: default.replication.factor, or that of the assignments. */
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface PlanContext {
  readonly config: BrokerConfig
  /** Ids of the nodes that may hold replicas, ascending. */
  readonly nodeIds: readonly number[]
  /** Those of them that run, and so may lead. */
  readonly liveNodeIds: readonly number[]
}

/** Replica node ids by partition. */
export type Assignment = readonly (readonly number[])[]

/** The most partitions that one request may create. */
export const partitionsPerRequestMax = 10_000

/** Throws MetadataError when the topic cannot be created. */
export function planTopic(
  spec: TopicSpec,
  image: ClusterImage,
  context: PlanContext,
): { assignment: Assignment; configs: Map<string, string> } {
  checkName(spec.name, image)
  const assignment = spec.assignments.length > 0 ? manualAssignment(spec, context) : automaticAssignment(spec, context)
  return { assignment, configs: checkedConfigs(spec) }
}

/** The records of a new topic, to be written as one batch. */
export function topicRecords(
  name: string,
  topicId: string,
  assignment: Assignment,
  configs: ReadonlyMap<string, string>,
  liveNodeIds: readonly number[],
): MetadataRecord[] {
  const records: MetadataRecord[] = [{ type: 'topic', name, topicId }]
  records.push(...partitionRecords(topicId, assignment, 0, liveNodeIds))
  for (const [key, value] of configs) {
    records.push({ type: 'config', resourceType: ResourceTypes.Topic, resourceName: name, name: key, value })
  }
  return records
}

function partitionRecords(
  topicId: string,
  assignment: Assignment,
  firstPartition: number,
  liveNodeIds: readonly number[],
): PartitionRecord[] {
  return assignment.map((replicas, index) => ({
    type: 'partition',
    topicId,
    partition: firstPartition + index,
    replicas,
    leader: leaderAmong(replicas, liveNodeIds),
    leaderEpoch: 0,
    partitionEpoch: 0,
  }))
}

/** Spreads partitions over the nodes, each led by another one; nodes that do not run get replicas, and lead nothing. */
export function spread(
  partitions: number,
  replicationFactor: number,
  firstPartition: number,
  { nodeIds, liveNodeIds }: Pick<PlanContext, 'nodeIds' | 'liveNodeIds'>,
): number[][] {
  return Array.from({ length: partitions }, (_unused, index) => {
    const leader = liveNodeIds[(firstPartition + index) % liveNodeIds.length] ?? noLeader
    const first = nodeIds.indexOf(leader)
    return Array.from({ length: replicationFactor }, (_replica, replica) => nodeIds[(first + replica) % nodeIds.length] ?? noLeader)
  })
}

function checkName(name: string, image: ClusterImage): void {
  const problem = topicNameProblem(name)
  if (problem !== undefined) throw new MetadataError(ErrorCodes.INVALID_TOPIC_EXCEPTION, problem)
  if (image.topic(name) !== undefined) throw new MetadataError(ErrorCodes.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  const colliding = image.collidingTopic(name)
  if (colliding === undefined) return
  throw new MetadataError(ErrorCodes.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${colliding}`)
}

function automaticAssignment(spec: TopicSpec, context: PlanContext): Assignment {
  const { config } = context
  const partitions = spec.numPartitions === -1 ? config.get('num.partitions') : spec.numPartitions
  if (partitions <= 0)
    throw new MetadataError(ErrorCodes.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.')
  if (partitions > partitionsPerRequestMax) throw tooManyPartitions()
  const replicationFactor = spec.replicationFactor === -1 ? config.get('default.replication.factor') : spec.replicationFactor
  checkReplicationFactor(replicationFactor, context)
  return spread(partitions, replicationFactor, 0, context)
}

export function tooManyPartitions(): MetadataError {
  return new MetadataError(
    ErrorCodes.POLICY_VIOLATION,
    `Excessively large number of partitions per request: at most ${partitionsPerRequestMax}.`,
  )
}

function checkReplicationFactor(replicationFactor: number, { nodeIds, liveNodeIds }: PlanContext): void {
  const invalid = ErrorCodes.INVALID_REPLICATION_FACTOR
  if (replicationFactor <= 0) throw new MetadataError(invalid, 'Replication factor must be larger than 0, or -1 to use the default value.')
  if (replicationFactor <= nodeIds.length && liveNodeIds.length > 0) return
  const reason =
    liveNodeIds.length === 0
      ? 'All brokers are currently fenced.'
      : `The target replication factor of ${replicationFactor} cannot be reached because only ${nodeIds.length} broker(s) are registered.`
  throw new MetadataError(invalid, `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`)
}

function manualAssignment(spec: TopicSpec, context: PlanContext): Assignment {
  if (spec.replicationFactor !== -1) {
    throw new MetadataError(
      ErrorCodes.INVALID_REQUEST,
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  if (spec.numPartitions !== -1) {
    throw new MetadataError(ErrorCodes.INVALID_REQUEST, 'A manual partition assignment was specified, but numPartitions was not set to -1.')
  }
  const assignment: (readonly number[] | undefined)[] = []
  for (const { partitionIndex, brokerIds } of spec.assignments) {
    if (assignment[partitionIndex] !== undefined) {
      throw new MetadataError(
        ErrorCodes.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    checkReplicas(brokerIds, context, partitionIndex)
    if (partitionIndex < 0 || partitionIndex >= spec.assignments.length) throw notConsecutive()
    assignment[partitionIndex] = brokerIds
  }
  return checkSameSize(assignment.filter((replicas) => replicas !== undefined))
}

function notConsecutive(): MetadataError {
  return new MetadataError(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, 'partitions should be a consecutive 0-based integer sequence')
}

function checkReplicas(replicas: readonly number[], { nodeIds, liveNodeIds }: PlanContext, partition: number): void {
  const invalid = (message: string): MetadataError => new MetadataError(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, message)
  if (replicas.length === 0) throw invalid('The manual partition assignment includes an empty replica list.')
  if (new Set(replicas).size !== replicas.length)
    throw invalid(`The manual partition assignment includes a broker more than once: ${replicas.join(', ')}`)
  const unknown = replicas.find((id) => !nodeIds.includes(id))
  if (unknown !== undefined) throw invalid(`The manual partition assignment includes broker ${unknown}, but no such broker is registered.`)
  if (leaderAmong(replicas, liveNodeIds) === noLeader)
    throw invalid(
      `All brokers specified in the manual partition assignment for partition ${partition} are fenced or in controlled shutdown.`,
    )
}

export function checkSameSize(assignment: Assignment): Assignment {
  const size = assignment[0]?.length
  if (assignment.every((replicas) => replicas.length === size)) return assignment
  throw new MetadataError(
    ErrorCodes.INVALID_REPLICA_ASSIGNMENT,
    'The manual partition assignment has partitions with different replication factors.',
  )
}

function checkedConfigs(spec: TopicSpec): Map<string, string> {
  const configs = new Map<string, string>()
  for (const { name, value } of spec.configs) {
    if (value === null) throw new MetadataError(ErrorCodes.INVALID_CONFIG, `Null value not supported for topic configs: ${name}`)
    configs.set(name, value)
  }
  checkConfigs(configs)
  return configs
}

/** Throws MetadataError (INVALID_CONFIG) when one is unknown or not valid. */
export function checkConfigs(configs: ReadonlyMap<string, string>): void {
  try {
    checkTopicConfigs(configs)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new MetadataError(ErrorCodes.INVALID_CONFIG, error.message)
  }
}

/** The partitions to add so that `topic` has `total`; `assignment` is empty where the broker chooses. Throws MetadataError. */
export function planGrowth(topic: Topic, total: number, assignment: Assignment, context: PlanContext): PartitionRecord[] {
  const current = topic.partitions.length
  const invalid = (message: string): MetadataError => new MetadataError(ErrorCodes.INVALID_PARTITIONS, message)
  if (total === current) throw invalid(`Topic already has ${current} partition(s).`)
  if (total < current) throw invalid(`The topic ${topic.name} currently has ${current} partition(s); ${total} would not be an increase.`)
  const added = total - current
  if (added > partitionsPerRequestMax) throw tooManyPartitions()
  if (assignment.length > 0 && assignment.length !== added) {
    throw new MetadataError(
      ErrorCodes.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${added} additional partition(s), but only ${assignment.length} assignment(s) were specified.`,
    )
  }
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  for (const [index, replicas] of assignment.entries()) checkReplicas(replicas, context, current + index)
  if (assignment.some((replicas) => replicas.length !== replicationFactor)) {
    throw new MetadataError(
      ErrorCodes.INVALID_REPLICA_ASSIGNMENT,
      `The topic has a replication factor of ${replicationFactor}, and every assignment must have the same.`,
    )
  }
  if (assignment.length === 0) checkReplicationFactor(replicationFactor, context)
  const chosen = assignment.length > 0 ? assignment : spread(added, replicationFactor, current, context)
  return partitionRecords(topic.id, chosen, current, context.liveNodeIds)
}
