/** Offsets by time, or of the ends, asked of each partition's leader. Shared by consumer and admin. */

import { ErrorCodes, listOffsets } from '@odradek/protocol'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { BrokerError, KafkaError } from '../errors/kafka-error.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { Cluster } from './cluster.ts'
import type { MetadataCache } from './metadata-cache.ts'
import { retryUntil } from './retry.ts'
import type { TopicsOfInterest } from './topics-of-interest.ts'

export const LATEST_TIMESTAMP: number = -1
export const EARLIEST_TIMESTAMP: number = -2
export const MAX_TIMESTAMP: number = -3

export interface TimestampQuery extends TopicPartition {
  /** Milliseconds, or one of the negative ones that stand for the ends. */
  readonly timestamp: number
}

export interface FoundOffset extends TopicPartition {
  /** −1: no record that late. */
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export interface ListOffsetsOptions {
  readonly isolationLevel: 'read_uncommitted' | 'read_committed'
  readonly deadlineMs: number
}

const NO_REPLICA = -1

/** What one leader said: an offset, or why there is none. */
export interface OffsetAnswers {
  readonly found: readonly FoundOffset[]
  /** By `partitionKey`. */
  readonly problems: ReadonlyMap<string, BrokerError>
}

/** In the order of the queries. Rejects with BrokerError for a topic or partition that does not exist, TimeoutError at the deadline. */
export async function findOffsets(
  cluster: Cluster,
  topics: TopicsOfInterest,
  queries: readonly TimestampQuery[],
  options: ListOffsetsOptions,
): Promise<FoundOffset[]> {
  const found = new Map<string, FoundOffset>()
  await retryUntil(cluster, options.deadlineMs, 'The look-up of offsets', async () => {
    const pending = queries.filter(({ topic, partition }) => !found.has(partitionKey(topic, partition)))
    const byLeader = new Map<number, TimestampQuery[]>()
    let problem: KafkaError | undefined
    for (const query of pending) {
      const leader = await leaderOf(cluster, topics, query, options.deadlineMs)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), query])
    }
    const answers = await Promise.allSettled([...byLeader].map(([leader, asked]) => askLeader(cluster, leader, asked, options)))
    for (const answer of answers) {
      if (answer.status === 'rejected') problem = answer.reason as KafkaError
      else {
        for (const offset of answer.value.found) found.set(partitionKey(offset.topic, offset.partition), offset)
        problem ??= [...answer.value.problems.values()].at(-1)
      }
    }
    if (problem === undefined) return
    // The next attempt may be another leader's; when this fails, so will the attempt.
    if (problem.retriable) await topics.refresh().catch(() => undefined)
    throw problem
  })
  return queries.map(
    ({ topic, partition }) => found.get(partitionKey(topic, partition)) ?? { topic, partition, offset: -1, timestamp: -1, leaderEpoch: -1 },
  )
}

/** Rejects with BrokerError: UNKNOWN_TOPIC_OR_PARTITION for good, LEADER_NOT_AVAILABLE for now. */
export async function leaderOf(cluster: Cluster, topics: TopicsOfInterest, place: TopicPartition, deadlineMs: number): Promise<number> {
  await topics.topic(place.topic, deadlineMs)
  let leader = knownLeader(cluster.metadata, place)
  if (typeof leader !== 'number') {
    // The topic may have grown, and a leader been elected: whoever told of this partition may know more.
    await topics.refresh()
    leader = knownLeader(cluster.metadata, place)
  }
  if (typeof leader !== 'number') throw leader
  return leader
}

/** The node that leads a partition, or why none is known that can be asked. For a partition that its topic does not have the error is final. */
export function knownLeader(metadata: MetadataCache, { topic, partition }: TopicPartition): number | BrokerError {
  const known = metadata.topic(topic)
  const errorCode = known === undefined ? ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION : known.errorCode
  if (known === undefined || errorCode !== ErrorCodes.NONE) return brokerError(errorCode, `Topic '${topic}'`)
  const { leader } = known.partitions[partition] ?? {}
  if (leader === undefined) {
    return brokerError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `Topic '${topic}'`, `there is no partition ${partition}`, true)
  }
  return metadata.nodes.has(leader) ? leader : brokerError(ErrorCodes.LEADER_NOT_AVAILABLE, `${topic}-${partition}`)
}

/** Asks once. Rejects with what kept the question or the answer. */
export async function askLeader(
  cluster: Cluster,
  leader: number,
  queries: readonly TimestampQuery[],
  { isolationLevel }: Pick<ListOffsetsOptions, 'isolationLevel'>,
): Promise<OffsetAnswers> {
  const byTopic = new Map<string, TimestampQuery[]>()
  for (const query of queries) byTopic.set(query.topic, [...(byTopic.get(query.topic) ?? []), query])
  const response = await cluster.request(leader, listOffsets, {
    replicaId: NO_REPLICA,
    isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
    timeoutMs: cluster.config.requestTimeoutMs,
    topics: [...byTopic].map(([name, partitions]) => ({
      name,
      partitions: partitions.map(({ partition, timestamp }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: cluster.metadata.topic(name)?.partitions[partition]?.leaderEpoch ?? -1,
        timestamp,
      })),
    })),
  })
  const found: FoundOffset[] = []
  const problems = new Map<string, BrokerError>()
  for (const { name, partitions } of response.topics) {
    for (const { partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch } of partitions) {
      if (errorCode === ErrorCodes.NONE) found.push({ topic: name, partition, offset, timestamp, leaderEpoch })
      else problems.set(partitionKey(name, partition), brokerError(errorCode, `Offsets of ${name}-${partition}`))
    }
  }
  return { found, problems }
}
