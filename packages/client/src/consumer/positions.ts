/** Finds where to start: what the group has committed, else what `auto.offset.reset` says. */

import { backoffMs, sleep } from '../cluster/backoff.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { fetchCommitted } from '../cluster/committed-offsets.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import { EARLIEST_TIMESTAMP, findOffsets, LATEST_TIMESTAMP } from '../cluster/list-offsets.ts'
import { withDeadline } from '../cluster/deadline.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { AssignedPartition, Subscription } from './subscription.ts'

export interface PositionsOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly coordinators: Coordinators
  readonly config: ConsumerValues
  readonly subscription: Subscription<K, V>
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
    const queries = partitions.map((partition) => ({
      topic: partition.topic,
      partition: partition.partition,
      timestamp: this.#resetOf(partition) === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP,
    }))
    const found = await findOffsets(cluster, topics, queries, { isolationLevel: config.isolationLevel, deadlineMs })
    for (const [index, partition] of partitions.entries()) {
      const offset = found[index]
      if (offset !== undefined && this.#isMissing(partition)) partition.seek(offset.offset, offset.leaderEpoch)
    }
  }

  #resetOf(partition: AssignedPartition<K, V>): 'earliest' | 'latest' {
    const to = partition.resetTo ?? this.#options.config.autoOffsetReset
    if (to !== 'none') return to
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
