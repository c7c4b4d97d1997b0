/** Kafka's BrokerTopicMetrics: over all topics, and a topic each. */

import type { Meter, MetricsRegistry } from './registry.ts'
import { metricName } from './registry.ts'

const names = [
  'MessagesInPerSec',
  'BytesInPerSec',
  'BytesOutPerSec',
  'BytesRejectedPerSec',
  'TotalProduceRequestsPerSec',
  'TotalFetchRequestsPerSec',
  'FailedProduceRequestsPerSec',
  'FailedFetchRequestsPerSec',
] as const

export type TopicMeterName = (typeof names)[number]
type TopicMeters = Readonly<Record<TopicMeterName, Meter>>

export class BrokerTopicMetrics {
  readonly #registry: MetricsRegistry
  readonly #all: TopicMeters
  readonly #byTopic = new Map<string, TopicMeters>()

  constructor(registry: MetricsRegistry) {
    this.#registry = registry
    this.#all = this.#create({})
  }

  mark(topic: string, name: TopicMeterName, events = 1): void {
    this.#all[name].count += events
    let meters = this.#byTopic.get(topic)
    if (meters === undefined) {
      meters = this.#create({ topic })
      this.#byTopic.set(topic, meters)
    }
    meters[name].count += events
  }

  /** Forgets the meters of a deleted topic. */
  remove(topic: string): void {
    if (!this.#byTopic.delete(topic)) return
    for (const name of names) this.#registry.remove(metricName('kafka.server', 'BrokerTopicMetrics', name, { topic }))
  }

  #create(tags: Readonly<Record<string, string>>): TopicMeters {
    const meter = (name: TopicMeterName): Meter => this.#registry.meter(metricName('kafka.server', 'BrokerTopicMetrics', name, tags))
    return {
      MessagesInPerSec: meter('MessagesInPerSec'),
      BytesInPerSec: meter('BytesInPerSec'),
      BytesOutPerSec: meter('BytesOutPerSec'),
      BytesRejectedPerSec: meter('BytesRejectedPerSec'),
      TotalProduceRequestsPerSec: meter('TotalProduceRequestsPerSec'),
      TotalFetchRequestsPerSec: meter('TotalFetchRequestsPerSec'),
      FailedProduceRequestsPerSec: meter('FailedProduceRequestsPerSec'),
      FailedFetchRequestsPerSec: meter('FailedFetchRequestsPerSec'),
    }
  }
}
