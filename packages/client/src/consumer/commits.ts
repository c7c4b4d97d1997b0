/** Writes offsets to the group: on demand, in order, and by itself when auto-commit is on. */

import { withDeadline } from '../cluster/deadline.ts'
import { retryUntil } from '../cluster/retry.ts'
import { BrokerError, KafkaError, TimeoutError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import type { CommitRequestOptions } from './commit-request.ts'
import { CommitRequest } from './commit-request.ts'

export interface CommitsOptions extends CommitRequestOptions {
  /** What the application has been handed so far. */
  readonly positions: () => readonly OffsetToCommit[]
  readonly onCommitted: (offsets: readonly OffsetToCommit[]) => void
  readonly logger: Logger
}

export class Commits {
  readonly #options: CommitsOptions
  readonly #request: CommitRequest
  /** When this has settled, nothing of the commits so far is under way. Never rejects. */
  #last: Promise<unknown> = Promise.resolve()
  #attempt: Promise<unknown> = Promise.resolve()
  #nextAutoMs: number
  #isAutoUnderWay = false

  constructor(options: CommitsOptions) {
    this.#options = options
    this.#request = new CommitRequest(options)
    this.#nextAutoMs = options.cluster.nowMs() + options.config.autoCommitIntervalMs
  }

  /** Retries what is retriable until `deadlineMs`. */
  commitSync(offsets: readonly OffsetToCommit[], deadlineMs: number): Promise<void> {
    return this.#untilDeadline(() => this.#commit(offsets), deadlineMs)
  }

  /** Tries once. */
  commitAsync(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.#inOrder(() => this.#commit(offsets))
  }

  /** Starts a commit of what earlier polls returned when the interval is over. */
  autoCommit(): void {
    const { config, cluster, positions } = this.#options
    if (!config.enableAutoCommit || this.#isAutoUnderWay || cluster.nowMs() < this.#nextAutoMs) return
    this.#nextAutoMs = cluster.nowMs() + config.autoCommitIntervalMs
    this.#isAutoUnderWay = true
    this.commitAsync(positions())
      .catch((error: unknown) => this.#onAutoCommitFailure(error))
      .finally(() => {
        this.#isAutoUnderWay = false
      })
  }

  /** The last chance before partitions go: errors do not stop a rebalance or a close, and a topic that was deleted does not hold them up. */
  async autoCommitFinal(deadlineMs: number): Promise<void> {
    const { config, positions } = this.#options
    if (!config.enableAutoCommit) return
    const offsets = positions()
    const commit = (): Promise<void> =>
      this.#commit(offsets).catch((error: unknown) => {
        if (!(error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
      })
    await this.#untilDeadline(commit, deadlineMs).catch((error: unknown) => this.#warn(error))
  }

  /** Waits for the commits so far, whatever becomes of them, until `deadlineMs`. */
  async settled(deadlineMs: number): Promise<void> {
    const { clock } = this.#options.cluster.runtime
    await withDeadline(clock, this.#last, deadlineMs, 'Commits were still under way').catch(() => undefined)
  }

  /** The deadline includes the wait for earlier commits. */
  #untilDeadline(commit: () => Promise<void>, deadlineMs: number): Promise<void> {
    const { cluster } = this.#options
    const message = 'The commit took too long: an earlier one is still under way'
    const run = async (): Promise<void> => {
      if (cluster.nowMs() >= deadlineMs) throw new TimeoutError(message)
      await retryUntil(cluster, deadlineMs, 'The commit', commit)
    }
    return withDeadline(cluster.runtime.clock, this.#inOrder(run), deadlineMs + 1, message)
  }

  /** A commit starts when nothing of the one before it is under way, so that an older offset never overwrites a newer one. */
  #inOrder(commit: () => Promise<void>): Promise<void> {
    const next = this.#last.then(commit)
    // An attempt may outlive the one who waited for it.
    this.#last = next.catch(() => undefined).then(() => this.#attempt)
    return next
  }

  async #commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return
    const sent = this.#request.send(offsets)
    this.#attempt = sent.catch(() => undefined)
    await sent
    this.#options.onCommitted(offsets)
  }

  /** The next one covers the same records: soon, where that may help. */
  #onAutoCommitFailure(error: unknown): void {
    const { cluster } = this.#options
    if (error instanceof KafkaError && error.retriable) this.#nextAutoMs = cluster.nowMs() + cluster.config.retryBackoffMs
    else this.#warn(error)
  }

  #warn(error: unknown): void {
    this.#options.logger.warn(`Auto-commit failed, records may come again: ${error instanceof Error ? error.message : String(error)}`)
  }
}
