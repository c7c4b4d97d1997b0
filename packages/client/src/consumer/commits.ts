/** Writes offsets to the group: on demand, in order, and by itself when auto-commit is on. */

import { withDeadline } from '../cluster/deadline.ts'
import { retryUntil } from '../cluster/retry.ts'
import { BrokerError, KafkaError, StateError } from '../errors/kafka-error.ts'
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

/** Makes one attempt. `isOver`: nobody waits for it any more. */
type Attempt = (isOver: () => boolean) => Promise<void>

export class Commits {
  readonly #options: CommitsOptions
  readonly #request: CommitRequest
  /** When this has settled, nothing of the commits so far is under way. Never rejects. */
  #last: Promise<unknown> = Promise.resolve()
  /** The request that was written last. Never rejects. */
  #written: Promise<unknown> = Promise.resolve()
  /** Why the commit under way was not done by its last attempt. */
  #lastError: KafkaError | undefined
  #nextAutoMs: number
  #isAutoUnderWay = false

  constructor(options: CommitsOptions) {
    this.#options = options
    this.#request = new CommitRequest(options)
    this.#nextAutoMs = options.cluster.nowMs() + options.config.autoCommitIntervalMs
  }

  /** Retries what is retriable until `deadlineMs`. */
  commitSync(offsets: readonly OffsetToCommit[], deadlineMs: number): Promise<void> {
    return this.#untilDeadline((isOver) => this.#commit(offsets, isOver), deadlineMs)
  }

  /** Tries once. */
  commitAsync(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.#inOrder(() => this.#commit(offsets, () => false))
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
    const commit: Attempt = (isOver) =>
      this.#commit(offsets, isOver).catch((error: unknown) => {
        if (!(error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
      })
    await this.#untilDeadline(commit, deadlineMs).catch((error: unknown) => this.#warn(error))
  }

  /** Waits for the commits so far, whatever becomes of them, until `deadlineMs`. */
  async settled(deadlineMs: number): Promise<void> {
    const { clock } = this.#options.cluster.runtime
    await withDeadline(clock, this.#last, deadlineMs, 'Commits were still under way').catch(() => undefined)
  }

  /** The deadline includes the wait for earlier commits. What has not been written by then never is. */
  async #untilDeadline(commit: Attempt, deadlineMs: number): Promise<void> {
    const { cluster } = this.#options
    const turn = this.#last
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    const done = this.#inOrder(async () => {
      if (!isOver) await retryUntil(cluster, deadlineMs, 'The commit', () => commit(() => isOver)).finally(over)
    })
    try {
      await withDeadline(
        cluster.runtime.clock,
        turn,
        deadlineMs,
        () => this.#lateness(),
        () => this.#lastError,
      )
    } catch (error) {
      over()
      throw error
    }
    await done
  }

  #lateness(): string {
    const reason = this.#lastError === undefined ? '' : `: ${this.#lastError.message}`
    return `The commit took too long: an earlier one is still under way${reason}`
  }

  /** A commit starts when nothing of the one before it is under way, so that an older offset never overwrites a newer one. */
  #inOrder(commit: () => Promise<void>): Promise<void> {
    const next = this.#last.then(() => {
      this.#lastError = undefined
      return commit()
    })
    // A request may outlive the one who waited for its answer.
    this.#last = next.catch(() => undefined).then(() => this.#written)
    return next
  }

  async #commit(offsets: readonly OffsetToCommit[], isOver: () => boolean): Promise<void> {
    if (offsets.length === 0) return
    const sent: Promise<void> = this.#request.send(offsets, () => {
      // The next commit has not waited for this one.
      if (isOver()) throw new StateError('The commit was given up')
      this.#written = sent.catch(() => undefined)
    })
    try {
      await sent
    } catch (error) {
      if (error instanceof KafkaError && !isOver()) this.#lastError = error
      throw error
    }
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
