/** The few requests that most tests need, in their newest versions. */

import {
  type CreateTopicsRequestCreatableTopicInput,
  createTopics,
  fetch,
  type FetchRequestInput,
  type FetchResponsePartitionData,
  metadata,
  produce,
  type ProduceResponsePartitionProduceResponse,
} from '@odradek/protocol'
import type { WireClient } from './wire-client.ts'

export type TopicFields = Partial<CreateTopicsRequestCreatableTopicInput>

export async function createTopic(
  client: WireClient,
  name: string,
  fields: TopicFields = {},
): Promise<{ errorCode: number; topicId: string }> {
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...fields }
  const { topics } = await client.request(createTopics, 7, { topics: [topic], timeoutMs: 1000, validateOnly: false })
  return one(topics)
}

export async function topicId(client: WireClient, name: string): Promise<string> {
  const { topics } = await client.request(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return one(topics).topicId
}

export function produceRequest(topic: string, records: Uint8Array, partition = 0, acks = -1): Parameters<typeof produce.encodeRequest>[1] {
  return { acks, timeoutMs: 1000, topicData: [{ name: topic, partitionData: [{ index: partition, records }] }] }
}

/** Produces by topic name (version 9). */
export async function send(
  client: WireClient,
  topic: string,
  records: Uint8Array,
  partition = 0,
): Promise<ProduceResponsePartitionProduceResponse> {
  const { responses } = await client.request(produce, 9, produceRequest(topic, records, partition))
  return one(one(responses).partitionResponses)
}

export interface FetchFields extends Partial<Omit<FetchRequestInput, 'topics'>> {
  readonly partitionMaxBytes?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

export function fetchRequest(topic: string, offsets: Readonly<Record<number, number>>, fields: FetchFields = {}): FetchRequestInput {
  const { partitionMaxBytes = 1_000_000, currentLeaderEpoch = -1, lastFetchedEpoch = -1, ...rest } = fields
  const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
    partition: Number(partition),
    fetchOffset,
    partitionMaxBytes,
    currentLeaderEpoch,
    lastFetchedEpoch,
  }))
  return { maxWaitMs: 0, minBytes: 1, maxBytes: 10_000_000, topics: [{ topic, partitions }], ...rest }
}

/** Fetches partition 0 by topic name (version 12). */
export async function fetchFrom(
  client: WireClient,
  topic: string,
  offset: number,
  fields: FetchFields = {},
): Promise<FetchResponsePartitionData> {
  const { responses } = await client.request(fetch, 12, fetchRequest(topic, { 0: offset }, fields))
  return one(one(responses).partitions)
}

export function one<Value>(values: readonly Value[]): Value {
  const [first] = values
  if (first === undefined || values.length !== 1) throw new Error(`${values.length} values where one was expected`)
  return first
}
