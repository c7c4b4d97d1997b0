/** Finds where to start: what the group has committed, else what `auto.offset.reset` says. */

import { backoffMs, sleep } from '../cluster/backoff.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { fetchCommitted } from '../cluster/committed-offsets.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import type { TimestampQuery } from '../cluster/list-offsets.ts'
import { findOffsets, LATEST_TIMESTAMP } from '../cluster/list-offsets.ts'
import { withDeadline } from '../cluster/deadline.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { ResetTo } from './offset-reset.ts'
import { resetTimestamp } from './offset-reset.ts'
import type { Subscription } from './subscription.ts'

export interface PositionsOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly coordinators: Coordinators
  readonly config: ConsumerValues
  readonly subscription: Subscription<K, V>
  /** Undefined: a partition without a committed offset is an error. */
  readonly offsetReset: ResetTo | undefined
  /** Positions are known: there is something to fetch. */
  readonly onChange: () => void
  readonly onError: (error: unknown) => void
}

export class Positions<K, V> {
  readonly #options: PositionsOptions<K, V>
  #underWay: Promise<void> | undefined
  #failures = 0

  constructor(options: PositionsOptions<K, V>) {
    this.#options = options
  }

  /** Sees to it in the background that every assigned partition gets a position. */
  update(): void {
    if (this.#underWay !== undefined) return
    const missing = this.#options.subscription.assigned.filter(({ position }) => position === undefined)
    if (missing.length === 0) return
    this.#underWay = this.#find(missing)
      .then(
        () => {
          this.#failures = 0
        },
        (error: unknown) => this.#onFailure(error),
      )
      .finally(() => {
        this.#underWay = undefined
        this.#options.onChange()
      })
  }

  /** As `update`; resolves when the attempt has ended, however it did, or at `deadlineMs`. */
  async settled(deadlineMs: number): Promise<void> {
    this.update()
    const { cluster } = this.#options
    if (this.#underWay !== undefined) await withDeadline(cluster.runtime.clock, this.#underWay, deadlineMs, 'The look-up of positions')
  }

  async #find(missing: readonly AssignedPartition<K, V>[]): Promise<void> {
    const { cluster, config, coordinators } = this.#options
    const deadlineMs = cluster.nowMs() + config.defaultApiTimeoutMs
    const { groupId } = config
    const uncommitted = missing.filter(({ resetTo }) => resetTo === undefined)
    if (groupId !== null && uncommitted.length > 0) {
      const committed = await fetchCommitted(cluster, coordinators, {
        groupId,
        partitions: uncommitted,
        deadlineMs,
        requireStable: true,
        channel: 'group',
      })
      for (const { offset, leaderEpoch, ...place } of committed) {
        const partition = this.#options.subscription.find(place)
        if (partition !== undefined && partition.position === undefined && partition.resetTo === undefined)
          partition.seek(offset, leaderEpoch)
      }
    }
    await this.#reset(
      missing.filter((partition) => this.#isMissing(partition)),
      deadlineMs,
    )
  }

  async #reset(partitions: readonly AssignedPartition<K, V>[], deadlineMs: number): Promise<void> {
    const { cluster, topics, config } = this.#options
    if (partitions.length === 0) return
    const nowMs = cluster.runtime.clock.nowMs()
    const queries = partitions.map((partition) => ({
      topic: partition.topic,
      partition: partition.partition,
      timestamp: resetTimestamp(this.#resetOf(partition), nowMs),
    }))
    const options = { isolationLevel: config.isolationLevel, deadlineMs }
    const found = await findOffsets(cluster, topics, queries, options)
    // Nothing as young as the duration asks for: what comes next is.
    const late = found.filter(({ offset }) => offset < 0)
    const ends = await findOffsets(cluster, topics, late.map(toEnd), options)
    const offsets = new Map([...found, ...ends].map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]))
    for (const partition of partitions) {
      const offset = offsets.get(partitionKey(partition.topic, partition.partition)) ?? -1
      // Without an epoch: it needs no validation, since the leader has just named it.
      if (offset >= 0 && this.#isMissing(partition)) partition.seek(offset)
    }
  }

  #resetOf(partition: AssignedPartition<K, V>): ResetTo {
    const to = partition.resetTo ?? this.#options.offsetReset
    if (to !== undefined) return to
    throw new KafkaError(
      'NO_OFFSET',
      `Group '${this.#options.config.groupId}' has committed nothing for ${partition.topic}-${partition.partition} and auto.offset.reset is none; seek`,
    )
  }

  #isMissing(partition: AssignedPartition<K, V>): boolean {
    return this.#options.subscription.find(partition) === partition && partition.position === undefined
  }

  async #onFailure(error: unknown): Promise<void> {
    const { cluster, onError } = this.#options
    if (cluster.isClosed) return
    onError(error)
    const { retryBackoffMs, retryBackoffMaxMs } = cluster.config
    await sleep(cluster.runtime.clock, backoffMs(retryBackoffMs, retryBackoffMaxMs, this.#failures++, cluster.runtime.random))
  }
}

function toEnd({ topic, partition }: TopicPartition): TimestampQuery {
  return { topic, partition, timestamp: LATEST_TIMESTAMP }
}
