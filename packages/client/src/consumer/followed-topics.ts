/** Which topics a subscription means: those named, or those that match its pattern, as they come to the cluster and go. */

import type { Cluster } from '../cluster/cluster.ts'
import { retryUntil } from '../cluster/retry.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import type { Subscription } from './subscription.ts'
import { TopicPattern } from './topic-pattern.ts'

export interface FollowedTopicsOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly subscription: Subscription<K, V>
  readonly config: ConsumerValues
  /** The topics that the pattern matches are others than before. */
  readonly onMatch: () => void
}

export class FollowedTopics<K, V> {
  readonly #options: FollowedTopicsOptions<K, V>
  #pattern: TopicPattern | undefined

  constructor(options: FollowedTopicsOptions<K, V>) {
    this.#options = options
    options.topics.onRefresh(() => this.#match())
  }

  /** From now on. Throws StateError after `assign()`; rejects when the cluster's topics cannot be listed by `deadlineMs`. */
  async follow(wanted: readonly string[] | RegExp, deadlineMs: number): Promise<void> {
    const { cluster, topics, subscription, config } = this.#options
    const isPattern = wanted instanceof RegExp
    subscription.setTopics(isPattern ? [] : wanted)
    this.#use(isPattern ? new TopicPattern(wanted, config.excludeInternalTopics) : undefined)
    topics.replace(subscription.topics)
    // A pattern means nothing yet: the group is joined for the topics that are there.
    if (isPattern) await retryUntil(cluster, deadlineMs, 'subscribe', () => topics.refresh())
    // Ahead of time, for members that do not lead; when it fails, the first fetch asks again.
    else topics.refresh().catch(() => undefined)
  }

  stop(): void {
    this.#use(undefined)
    this.#options.topics.replace([])
  }

  #use(pattern: TopicPattern | undefined): void {
    this.#pattern = pattern
    this.#options.topics.wantsAll = pattern !== undefined
  }

  #match(): void {
    const { cluster, subscription, onMatch } = this.#options
    if (this.#pattern === undefined) return
    const topics = this.#pattern.matching(cluster.metadata.topics)
    const before = subscription.topics
    if (topics.length === before.length && topics.every((topic, index) => topic === before[index])) return
    subscription.setTopics(topics)
    onMatch()
  }
}
