/** Figures under Kafka's metric names: cheap to record, computed when read. */

import type { Sampling } from './sampled.ts'
import { Sampled } from './sampled.ts'

export interface MetricValue {
  readonly name: string
  /** Kafka's group, such as 'producer-metrics'. */
  readonly group: string
  readonly tags: Readonly<Record<string, string>>
  readonly value: number
}

interface Gauge {
  readonly name: string
  readonly group: string
  readonly read: () => number
}

/** Figures of one group that share their tags. */
export class MetricScope {
  readonly group: string
  readonly tags: Readonly<Record<string, string>>
  readonly #sampling: Sampling
  readonly #gauges: Gauge[] = []

  constructor(group: string, tags: Readonly<Record<string, string>>, sampling: Sampling) {
    this.group = group
    this.tags = tags
    this.#sampling = sampling
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.push({ name, group: this.group, read })
  }

  /** Registers `<name>-rate` and `<name>-total`, of the values recorded. */
  meter(name: string): Sampled {
    const sampled = new Sampled(this.#sampling)
    this.gauge(`${name}-rate`, () => sampled.rate)
    this.gauge(`${name}-total`, () => sampled.total)
    return sampled
  }

  /** Registers `<name>-avg` and `<name>-max`; with `counted`, `<counted>-rate` and `-total` of how many values there were too. */
  distribution(name: string, counted?: string): Sampled {
    const sampled = new Sampled(this.#sampling)
    this.gauge(`${name}-avg`, () => sampled.average)
    this.gauge(`${name}-max`, () => sampled.max)
    if (counted !== undefined) {
      this.gauge(`${counted}-rate`, () => sampled.countRate)
      this.gauge(`${counted}-total`, () => sampled.count)
    }
    return sampled
  }

  /** Registers nothing: for figures of which not all views are Kafka's. */
  sampled(): Sampled {
    return new Sampled(this.#sampling)
  }

  read(): readonly MetricValue[] {
    return this.#gauges.map(({ name, group, read }) => ({ name, group, tags: this.tags, value: read() }))
  }
}

/** Anything that has figures to read. */
export interface MetricSource {
  read(): readonly MetricValue[]
}

export class MetricRegistry {
  readonly sampling: Sampling
  readonly tags: Readonly<Record<string, string>>
  readonly #sources: MetricSource[] = []

  constructor(tags: Readonly<Record<string, string>>, sampling: Sampling) {
    this.tags = tags
    this.sampling = sampling
  }

  scope(group: string): MetricScope {
    const scope = new MetricScope(group, this.tags, this.sampling)
    this.add(scope)
    return scope
  }

  add(source: MetricSource): void {
    this.#sources.push(source)
  }

  read(): readonly MetricValue[] {
    return this.#sources.flatMap((source) => source.read())
  }
}
