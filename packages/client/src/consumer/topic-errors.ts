/** Says which topics cannot be read: what waiting does not mend, by the next poll; a topic that does not exist, by a warning. */

import { ErrorCodes, errorByCode } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import type { Logger } from '../logger.ts'
import type { Subscription } from './subscription.ts'

export interface TopicErrorsOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly subscription: Subscription<K, V>
  /** For the next poll to throw. */
  readonly onError: (error: unknown) => void
  readonly logger: Logger
}

/** A topic that the broker creates when it is asked for is unknown at first; it is there by then. */
export const CREATION_MS = 1000

/** Watches every refresh of metadata. */
export function reportTopicErrors<K, V>({ cluster, topics, subscription, onError, logger }: TopicErrorsOptions<K, V>): void {
  /** When a topic was first unknown; Infinity once that has been said. */
  const unknownSinceMs = new Map<string, number>()
  topics.onRefresh(() => {
    for (const topic of wantedTopics(subscription)) {
      const { errorCode = ErrorCodes.NONE } = cluster.metadata.topic(topic) ?? {}
      if (errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION) {
        const sinceMs = unknownSinceMs.get(topic) ?? cluster.nowMs()
        const isTold = cluster.nowMs() - sinceMs >= CREATION_MS
        if (isTold) logger.warn(`Topic '${topic}' does not exist (UNKNOWN_TOPIC_OR_PARTITION): nothing is read from it until it is created`)
        unknownSinceMs.set(topic, isTold ? Number.POSITIVE_INFINITY : sinceMs)
        continue
      }
      unknownSinceMs.delete(topic)
      if (errorCode !== ErrorCodes.NONE && !errorByCode(errorCode).retriable) onError(brokerError(errorCode, `Topic '${topic}'`))
    }
  })
}

function wantedTopics<K, V>({ topics, assigned }: Subscription<K, V>): ReadonlySet<string> {
  return new Set([...topics, ...assigned.map(({ topic }) => topic)])
}
