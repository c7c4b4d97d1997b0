/** The lanes of the topics that records go to: made when first needed, kept in step with metadata, forgotten after `metadata.max.idle.ms`. */

import { ErrorCodes } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import { checkTopic } from '../cluster/check-topic.ts'
import type { KafkaError } from '../errors/kafka-error.ts'
import { partitionKey } from '../topic-partition.ts'
import type { TopicLane } from './topic-lane.ts'

export interface TopicLanesOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly metadataMaxIdleMs: number
  /** `partition`: the lane is for those who wait for it to be there; `onIdle` is then called when none does. */
  readonly create: (topic: string, partition?: number, onIdle?: () => void) => TopicLane<K, V>
  /** Whether records of a topic have left their lane and are not settled. */
  readonly isBusy: (topic: string) => boolean
  readonly onForgotten: (topic: string) => void
}

export class TopicLanes<K, V> {
  readonly #options: TopicLanesOptions<K, V>
  readonly #lanes = new Map<string, TopicLane<K, V>>()
  /** By partition: of records that must not hold up those to others. */
  readonly #aside = new Map<string, TopicLane<K, V>>()
  #last: TopicLane<K, V> | undefined

  constructor(options: TopicLanesOptions<K, V>) {
    this.#options = options
  }

  /** Throws BrokerError when that is no topic. */
  lane(topic: string): TopicLane<K, V> {
    const last = this.#last
    if (last !== undefined && last.topic === topic) return last
    let lane = this.#lanes.get(topic)
    if (lane === undefined) {
      checkTopic(topic)
      lane = this.#options.create(topic)
      this.#lanes.set(topic, lane)
    }
    this.#last = lane
    return lane
  }

  /** Whether a record's partition is not there, as far as is known, or was not and others still wait for it. */
  isMissing(topic: string, metadata: TopicMetadata, partition: number): boolean {
    if (partition >= metadata.partitions.length) return true
    return this.#aside.size > 0 && this.#aside.has(partitionKey(topic, partition))
  }

  /** Where records wait for such a partition. */
  aside(topic: string, partition: number): TopicLane<K, V> {
    const key = partitionKey(topic, partition)
    let lane = this.#aside.get(key)
    if (lane === undefined) {
      lane = this.#options.create(topic, partition, () => this.#aside.delete(key))
      this.#aside.set(key, lane)
    }
    return lane
  }

  /** Resolves when none of the records that wait now does any more. */
  async drained(): Promise<void> {
    await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.drained()))
    // Those that have been put aside meanwhile included.
    await Promise.all(Array.from(this.#aside.values(), (lane) => lane.drained()))
  }

  /** Refuses all that wait. */
  refuseAll(error: KafkaError): void {
    for (const lane of [...this.#lanes.values(), ...this.#aside.values()]) lane.refuseAll(error)
  }

  onMetadata(): void {
    this.#forgetIdle()
    for (const lane of this.#lanes.values()) {
      const fresh = this.#options.cluster.metadata.topic(lane.topic)
      // A topic that has an error now may be back soon: until then what is known of it stands.
      if (fresh !== undefined && fresh.errorCode === ErrorCodes.NONE && fresh.partitions.length > 0) lane.metadata = fresh
    }
  }

  /** A topic without a record since the last look is dropped; it comes back with its next record. */
  #forgetIdle(): void {
    const { cluster, topics, metadataMaxIdleMs, isBusy, onForgotten } = this.#options
    const now = cluster.nowMs()
    for (const lane of this.#lanes.values()) {
      if (lane.isUsed || !lane.isIdle || isBusy(lane.topic)) topics.touch(lane.topic, now)
      lane.isUsed = false
    }
    for (const topic of topics.forgetUnused(now - metadataMaxIdleMs)) {
      if (this.#lanes.get(topic)?.isIdle === true) this.#lanes.delete(topic)
      if (this.#last?.topic === topic) this.#last = undefined
      onForgotten(topic)
    }
  }
}
