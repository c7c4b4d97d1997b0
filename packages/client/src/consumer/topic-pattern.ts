/** A subscription by pattern: which of the cluster's topics it means now. */

import type { TopicMetadata } from '../cluster/metadata-cache.ts'

export class TopicPattern {
  readonly #pattern: RegExp
  readonly #excludeInternal: boolean

  constructor(pattern: RegExp, excludeInternal: boolean) {
    this.#pattern = pattern
    this.#excludeInternal = excludeInternal
  }

  matching(topics: Iterable<TopicMetadata>): readonly string[] {
    const names: string[] = []
    for (const { topic, internal } of topics) {
      // Not `test`, which remembers where it stopped under the flags g and y.
      if (topic.search(this.#pattern) >= 0 && !(internal && this.#excludeInternal)) names.push(topic)
    }
    return names.sort()
  }
}
