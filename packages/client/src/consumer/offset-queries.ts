/** Questions about offsets that the leaders answer, for an application that asks. */

import type { Cluster } from '../cluster/cluster.ts'
import type { FoundOffset, TimestampQuery } from '../cluster/list-offsets.ts'
import { EARLIEST_TIMESTAMP, findOffsets, LATEST_TIMESTAMP } from '../cluster/list-offsets.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import type { OffsetAndTimestamp, TopicPartition, TopicPartitionOffset } from '../topic-partition.ts'

export interface OffsetQueriesOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ConsumerValues
}

export class OffsetQueries {
  readonly #options: OffsetQueriesOptions

  constructor(options: OffsetQueriesOptions) {
    this.#options = options
  }

  earliest(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    return this.#ends(partitions, EARLIEST_TIMESTAMP)
  }

  latest(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    return this.#ends(partitions, LATEST_TIMESTAMP)
  }

  /** Without the partitions that have no record so late. */
  async atTimes(times: readonly TimestampQuery[]): Promise<OffsetAndTimestamp[]> {
    return (await this.#find(times)).filter(({ offset }) => offset >= 0)
  }

  async #ends(partitions: readonly TopicPartition[], timestamp: number): Promise<TopicPartitionOffset[]> {
    const found = await this.#find(partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })))
    return found.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
  }

  #find(queries: readonly TimestampQuery[]): Promise<FoundOffset[]> {
    const { cluster, topics, config } = this.#options
    const deadlineMs = cluster.nowMs() + config.defaultApiTimeoutMs
    return findOffsets(cluster, topics, queries, { isolationLevel: config.isolationLevel, deadlineMs })
  }
}
