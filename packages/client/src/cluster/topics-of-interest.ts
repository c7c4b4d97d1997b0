/** Keeps the metadata of the topics in use fresh: on demand, with one request for all who ask, and by age. */

import { ErrorCodes, errorByCode } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { KafkaError, TimeoutError } from '../errors/kafka-error.ts'
import { backoffMs, sleep } from './backoff.ts'
import { canBeAskedFor, checkTopic } from './check-topic.ts'
import type { Cluster } from './cluster.ts'
import { withDeadline } from './deadline.ts'
import type { TopicMetadata } from './metadata-cache.ts'

export interface TopicsOptions {
  /** Lets the broker create a topic that is asked for, if it is set up to. */
  readonly allowAutoTopicCreation: boolean
  /** Fails at once for a topic that does not exist, rather than waiting for it to appear. */
  readonly failOnUnknown?: boolean
}

export class TopicsOfInterest {
  readonly #cluster: Cluster
  readonly #options: TopicsOptions
  /** Topic to the monotonic time of its last use. */
  readonly #topics = new Map<string, number>()
  /** Those of the last `replace`. */
  #lasting: ReadonlySet<string> = new Set()
  readonly #listeners = new Set<() => void>()
  /** Every topic of the cluster, for a subscription by pattern. */
  wantsAll = false
  #refresh: Promise<void> | undefined
  #next: Promise<void> | undefined
  #ageTimer: Timer | undefined
  #refreshedMs = Number.NEGATIVE_INFINITY
  /** Refreshes in a row in which a lasting topic was not usable yet. */
  #misses = 0

  constructor(cluster: Cluster, options: TopicsOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** Called after every refresh that succeeded. */
  onRefresh(listener: () => void): void {
    this.#listeners.add(listener)
  }

  touch(topic: string, nowMs: number): void {
    this.#topics.set(topic, nowMs)
  }

  /** Exactly these from now on, until they are replaced. While one of them is not usable yet it is asked for again, at growing intervals. */
  replace(topics: Iterable<string>): void {
    const keep = new Set(topics)
    this.#lasting = keep
    for (const topic of this.#topics.keys()) if (!keep.has(topic)) this.#forget(topic)
    for (const topic of keep) this.#topics.set(topic, this.#cluster.nowMs())
  }

  /** Drops topics unused since `beforeMs`. */
  forgetUnused(beforeMs: number): readonly string[] {
    const unused = [...this.#topics].filter(([, usedMs]) => usedMs < beforeMs).map(([topic]) => topic)
    for (const topic of unused) this.#forget(topic)
    return unused
  }

  /** A request that starts after this call; callers that come while one waits to start share it. */
  refresh(): Promise<void> {
    if (this.#refresh === undefined) {
      this.#refresh = this.#fetch().finally(() => {
        this.#refresh = undefined
      })
      return this.#refresh
    }
    this.#next ??= this.#refresh
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.refresh()
      })
    return this.#next
  }

  /** Whether what is known of all these topics is usable, and no older than that. */
  areFresh(topics: readonly string[], maxAgeMs: number): boolean {
    if (this.#cluster.nowMs() - this.#refreshedMs > maxAgeMs) return false
    return topics.every((topic) => {
      const { errorCode, partitions = [] } = this.#cluster.metadata.topic(topic) ?? {}
      return errorCode === ErrorCodes.NONE && partitions.length > 0
    })
  }

  /** The topic once it is usable and has `partition`. Rejects with what is not retriable, else with TimeoutError at `deadlineMs`. */
  async topic(topic: string, deadlineMs: number, partition = 0): Promise<TopicMetadata> {
    checkTopic(topic)
    const startMs = this.#cluster.nowMs()
    let last: KafkaError | undefined
    const timeoutMessage = (): string => this.#timeoutMessage(topic, partition, this.#cluster.nowMs() - startMs, last)
    for (let attempt = 0; ; attempt++) {
      const known = this.#cluster.metadata.topic(topic)
      if (known !== undefined && known.errorCode === 0 && known.partitions.length > partition) return known
      if (known !== undefined && known.errorCode !== 0) {
        const isFinal = this.#options.failOnUnknown === true && known.errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
        last = brokerError(known.errorCode, `Topic '${topic}'`, undefined, isFinal)
        const action = brokerErrorAction(known.errorCode)
        if (isFinal || action === 'fail' || action === 'fatal') {
          if (!this.#lasting.has(topic)) this.#forget(topic)
          throw last
        }
      }
      if (attempt > 0) await this.#pause(attempt - 1, deadlineMs, () => new TimeoutError(timeoutMessage(), { cause: last }))
      this.touch(topic, this.#cluster.nowMs())
      const refreshed = this.refresh().then(
        () => undefined,
        (error: Error) => error,
      )
      const failure = await withDeadline(this.#cluster.runtime.clock, refreshed, deadlineMs, timeoutMessage, () => last)
      if (failure === undefined) continue
      if (!(failure instanceof KafkaError) || !failure.retriable) throw failure
      last = failure
    }
  }

  #timeoutMessage(topic: string, partition: number, waitedMs: number, last: KafkaError | undefined): string {
    const known = this.#cluster.metadata.topic(topic)?.partitions.length ?? 0
    const what =
      known === 0 ? `No metadata for topic '${topic}'` : `Topic '${topic}' has ${known} partitions: there is no partition ${partition}`
    const silent = this.#cluster.silentFor(waitedMs / 2)
    const reason = last?.message ?? (silent.length === 0 ? undefined : `no answer from ${silent.join(', ')}`)
    return `${what} after ${Math.round(waitedMs)} ms${reason === undefined ? '' : `: ${reason}`}`
  }

  close(): void {
    this.#ageTimer?.cancel()
    this.#listeners.clear()
  }

  async #pause(failures: number, deadlineMs: number, onTimeout: () => TimeoutError): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#cluster.config
    const { clock, random } = this.#cluster.runtime
    const pauseMs = backoffMs(retryBackoffMs, retryBackoffMaxMs, failures, random)
    const leftMs = deadlineMs - this.#cluster.nowMs()
    await sleep(clock, Math.max(0, Math.min(pauseMs, leftMs)))
    if (pauseMs >= leftMs) throw onTimeout()
  }

  async #fetch(): Promise<void> {
    // What came in by another way, such as a subscription, must not take the others with it.
    for (const topic of this.#topics.keys()) if (!canBeAskedFor(topic)) this.#forget(topic)
    const askedMs = this.#cluster.nowMs()
    await this.#cluster.fetchMetadata(this.wantsAll ? null : [...this.#topics.keys()], this.#options.allowAutoTopicCreation)
    if (this.#cluster.isClosed) return
    this.#refreshedMs = askedMs
    this.#ageTimer?.cancel()
    this.#ageTimer = this.#cluster.runtime.clock.setTimer(this.#nextRefreshMs(), () => this.#onAge(), true)
    for (const listener of this.#listeners) listener()
  }

  #nextRefreshMs(): number {
    const { metadata, config, runtime } = this.#cluster
    const maxAgeMs = Math.max(1, config.metadataMaxAgeMs)
    const isWaiting = [...this.#lasting].some((topic) => {
      const { errorCode = ErrorCodes.NONE } = metadata.topic(topic) ?? {}
      return errorCode !== ErrorCodes.NONE && errorByCode(errorCode).retriable
    })
    if (!isWaiting) this.#misses = 0
    return isWaiting
      ? Math.min(maxAgeMs, backoffMs(config.retryBackoffMs, config.retryBackoffMaxMs, this.#misses++, runtime.random))
      : maxAgeMs
  }

  #onAge(): void {
    if (this.#cluster.isClosed) return
    this.refresh().catch(() => {
      const { retryBackoffMaxMs } = this.#cluster.config
      if (!this.#cluster.isClosed) this.#ageTimer = this.#cluster.runtime.clock.setTimer(retryBackoffMaxMs, () => this.#onAge(), true)
    })
  }

  #forget(topic: string): void {
    this.#topics.delete(topic)
    this.#cluster.metadata.forget(topic)
  }
}
