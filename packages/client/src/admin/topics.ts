/** Administration of topics. */

import type { MetadataResponseTopic } from '@odradek/protocol'
import { createPartitions, createTopics, deleteTopics, ErrorCodes, metadata, zeroUuid } from '@odradek/protocol'
import { describeTopic } from '../cluster/metadata-cache.ts'
import { partitionInfos } from '../cluster/partition-infos.ts'
import { retryUntil } from '../cluster/retry.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { AdminCalls, Outcome } from './per-resource.ts'
import { deadlineOf, forEachResource } from './per-resource.ts'
import type { CreatedTopic, NewTopic, TopicDescription, TopicListing } from './types.ts'

export class TopicAdmin {
  readonly #calls: AdminCalls

  constructor(calls: AdminCalls) {
    this.#calls = calls
  }

  create(topics: readonly NewTopic[], validateOnly: boolean): Promise<CreatedTopic[]> {
    return forEachResource(
      this.#calls,
      'createTopics',
      topics,
      ({ topic }) => topic,
      async (pending) => {
        const response = await this.#calls.cluster.requestAny(createTopics, {
          topics: pending.map((topic) => ({
            name: topic.topic,
            numPartitions: topic.assignments === undefined ? (topic.partitions ?? -1) : -1,
            replicationFactor: topic.assignments === undefined ? (topic.replicationFactor ?? -1) : -1,
            assignments: (topic.assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
            configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
          })),
          timeoutMs: this.#calls.timeoutMs,
          validateOnly,
        })
        return outcomes(response.topics, 'create', (topic) => ({
          topic: topic.name,
          topicId: topic.topicId,
          partitions: topic.numPartitions,
          replicationFactor: topic.replicationFactor,
        }))
      },
    )
  }

  async delete(topics: readonly string[]): Promise<void> {
    await forEachResource(
      this.#calls,
      'deleteTopics',
      topics,
      (topic) => topic,
      async (pending) => {
        const response = await this.#calls.cluster.requestAny(deleteTopics, {
          topics: pending.map((name) => ({ name, topicId: zeroUuid })),
          topicNames: pending,
          timeoutMs: this.#calls.timeoutMs,
        })
        // "Not here" is retriable for who writes and final for who deletes.
        return outcomes(response.responses, 'delete', () => undefined, [ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION])
      },
    )
  }

  async createPartitions(topics: readonly { readonly topic: string; readonly count: number }[]): Promise<void> {
    await forEachResource(
      this.#calls,
      'createPartitions',
      topics,
      ({ topic }) => topic,
      async (pending) => {
        const response = await this.#calls.cluster.requestAny(createPartitions, {
          topics: pending.map(({ topic, count }) => ({ name: topic, count, assignments: null })),
          timeoutMs: this.#calls.timeoutMs,
          validateOnly: false,
        })
        return outcomes(response.results, 'add partitions to', () => undefined, [ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION])
      },
    )
  }

  async list(includeInternal: boolean): Promise<TopicListing[]> {
    const topics = await retryUntil(this.#calls.cluster, deadlineOf(this.#calls), 'listTopics', () => this.#fetch(null))
    return topics
      .filter((topic) => topic.name !== null && topic.errorCode === ErrorCodes.NONE && (includeInternal || !topic.isInternal))
      .map((topic) => ({
        topic: topic.name ?? '',
        topicId: topic.topicId,
        internal: topic.isInternal,
        partitions: topic.partitions.length,
      }))
      .sort((left, right) => (left.topic < right.topic ? -1 : 1))
  }

  describe(topics: readonly string[]): Promise<TopicDescription[]> {
    return forEachResource(
      this.#calls,
      'describeTopics',
      topics,
      (topic) => topic,
      async (pending) => {
        const found = await this.#fetch(pending)
        return outcomes(
          found.map((topic) => ({ ...topic, name: topic.name ?? '', errorMessage: null })),
          'describe',
          (topic) => {
            const description = describeTopic(topic, topic.name)
            return { topic: topic.name, topicId: topic.topicId, internal: topic.isInternal, partitions: partitionInfos(description) }
          },
          [ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION],
        )
      },
    )
  }

  async #fetch(topics: readonly string[] | null): Promise<MetadataResponseTopic[]> {
    const response = await this.#calls.cluster.requestAny(metadata, {
      topics: topics === null ? null : topics.map((name) => ({ name })),
      allowAutoTopicCreation: false,
    })
    return response.topics
  }
}

interface Answer {
  readonly name: string | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

function outcomes<A extends Answer, T>(
  answers: readonly A[],
  verb: string,
  valueOf: (answer: A) => T,
  finalCodes: readonly number[] = [],
): ReadonlyMap<string, Outcome<T>> {
  return new Map(
    answers.map((answer): [string, Outcome<T>] => {
      const name = answer.name ?? ''
      if (answer.errorCode === ErrorCodes.NONE) return [name, { value: valueOf(answer) }]
      return [
        name,
        {
          error: brokerError(
            answer.errorCode,
            `Cannot ${verb} topic '${name}'`,
            answer.errorMessage,
            finalCodes.includes(answer.errorCode),
          ),
        },
      ]
    }),
  )
}
