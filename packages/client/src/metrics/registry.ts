/** Figures under Kafka's metric names: cheap to record, computed when read. */

export interface MetricValue {
  readonly name: string
  /** Kafka's group, such as 'producer-metrics'. */
  readonly group: string
  readonly tags: Readonly<Record<string, string>>
  readonly value: number
}

/** A running total. */
export class Counter {
  value = 0

  add(amount: number): void {
    this.value += amount
  }
}

/** Average and maximum since the start. */
export class Distribution {
  #count = 0
  #sum = 0
  #max = 0

  record(value: number): void {
    this.#count++
    this.#sum += value
    if (value > this.#max) this.#max = value
  }

  get average(): number {
    return this.#count === 0 ? Number.NaN : this.#sum / this.#count
  }

  get max(): number {
    return this.#count === 0 ? Number.NaN : this.#max
  }
}

interface Gauge {
  readonly name: string
  readonly group: string
  readonly tags: Readonly<Record<string, string>>
  readonly read: () => number
}

export class MetricRegistry {
  readonly #gauges: Gauge[] = []
  readonly #tags: Readonly<Record<string, string>>

  constructor(tags: Readonly<Record<string, string>>) {
    this.#tags = tags
  }

  gauge(group: string, name: string, read: () => number): void {
    this.#gauges.push({ name, group, tags: this.#tags, read })
  }

  counter(group: string, name: string): Counter {
    const counter = new Counter()
    this.gauge(group, name, () => counter.value)
    return counter
  }

  /** Registers `<name>-avg` and `<name>-max`. */
  distribution(group: string, name: string): Distribution {
    const distribution = new Distribution()
    this.gauge(group, `${name}-avg`, () => distribution.average)
    this.gauge(group, `${name}-max`, () => distribution.max)
    return distribution
  }

  read(): readonly MetricValue[] {
    return this.#gauges.map(({ name, group, tags, read }) => ({ name, group, tags, value: read() }))
  }
}
