/** What follows a failure to read a partition: a pause before it is tried again, and fresh metadata. */

import { backoffMs } from '../cluster/backoff.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'

export interface FetchRetriesOptions {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  /** Metadata has come, or could not be had. */
  readonly onChange: () => void
}

/** The fields of a partition that a failure touches. */
interface Retried {
  notBeforeMs: number
  failures: number
}

export class FetchRetries {
  readonly #options: FetchRetriesOptions
  #isRefreshing = false

  constructor(options: FetchRetriesOptions) {
    this.#options = options
  }

  backOff(partition: Retried): void {
    const { cluster } = this.#options
    const { retryBackoffMs, retryBackoffMaxMs } = cluster.config
    partition.notBeforeMs = cluster.nowMs() + backoffMs(retryBackoffMs, retryBackoffMaxMs, partition.failures++, cluster.runtime.random)
  }

  refreshMetadata(): void {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    this.#options.topics
      .refresh()
      // Asked for again when the next fetch fails.
      .catch(() => undefined)
      .finally(() => {
        this.#isRefreshing = false
        this.#options.onChange()
      })
  }
}
