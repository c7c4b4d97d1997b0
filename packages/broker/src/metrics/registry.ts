/** Metrics under Kafka's names, cheap enough for every request: a number to count up, buckets to count into, functions to ask. */

import { Histogram } from './histogram.ts'

/** As in JMX: `kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=orders`. */
export type MetricName = string

/** Counts events; Kafka calls it a meter. */
export class Meter {
  count = 0

  mark(events = 1): void {
    this.count += events
  }
}

export type Metric = Meter | Histogram | (() => number)

export function metricName(group: string, type: string, name: string, tags: Readonly<Record<string, string>> = {}): MetricName {
  let text = `${group}:type=${type},name=${name}`
  for (const [tag, value] of Object.entries(tags)) text += `,${tag}=${value}`
  return text
}

export class MetricsRegistry {
  readonly #metrics = new Map<MetricName, Metric>()

  meter(name: MetricName): Meter {
    return this.#obtain(name, Meter, () => new Meter())
  }

  histogram(name: MetricName): Histogram {
    return this.#obtain(name, Histogram, () => new Histogram())
  }

  /** Replaces an earlier gauge of the same name. */
  gauge(name: MetricName, read: () => number): void {
    this.#metrics.set(name, read)
  }

  remove(name: MetricName): void {
    this.#metrics.delete(name)
  }

  /** The count of a meter or histogram, or what a gauge says; undefined when there is no such metric. */
  value(name: MetricName): number | undefined {
    const metric = this.#metrics.get(name)
    if (metric === undefined) return undefined
    return typeof metric === 'function' ? metric() : metric.count
  }

  entries(): IterableIterator<[MetricName, Metric]> {
    return this.#metrics.entries()
  }

  #obtain<Kind extends Meter | Histogram>(name: MetricName, kind: new () => Kind, create: () => Kind): Kind {
    const existing = this.#metrics.get(name)
    if (existing instanceof kind) return existing
    const created = create()
    this.#metrics.set(name, created)
    return created
  }
}
