/** Metric values by group, name and tags, for tests. */

import type { MetricValue } from '../../src/index.ts'

export class Figures {
  readonly #values: readonly MetricValue[]

  constructor(values: readonly MetricValue[]) {
    this.#values = values
  }

  /** Of the one figure with this name and exactly these tags beside `client-id`; undefined when there is none. */
  of(group: string, name: string, tags: Readonly<Record<string, string>> = {}): number | undefined {
    return this.#values.find(
      (value) =>
        value.group === group &&
        value.name === name &&
        Object.keys(value.tags).length === Object.keys(tags).length + 1 &&
        Object.entries(tags).every(([tag, wanted]) => value.tags[tag] === wanted),
    )?.value
  }
}
