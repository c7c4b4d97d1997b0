/** The consumer: a thin facade over membership, positions, fetcher and commits. */

import type { Cluster } from '../cluster/cluster.ts'
import { fetchCommitted } from '../cluster/committed-offsets.ts'
import { Coordinators } from '../cluster/coordinators.ts'
import { withDeadline } from '../cluster/deadline.ts'
import { checkOffsets } from '../cluster/offsets-to-commit.ts'
import { partitionInfos } from '../cluster/partition-infos.ts'
import { retryUntil } from '../cluster/retry.ts'
import { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import type { CloseOptions } from '../config/options.ts'
import { ConfigError, KafkaError, StateError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import type { MetricValue } from '../metrics/registry.ts'
import type { AnyDeserializer } from '../serde/serde.ts'
import { isAsync } from '../serde/serde.ts'
import type {
  CommittedOffset,
  OffsetAndTimestamp,
  OffsetToCommit,
  PartitionInfo,
  SeekPosition,
  TopicPartition,
  TopicPartitionOffset,
} from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { Assignor } from './assignors/assignor.ts'
import { settleValues } from './async-values.ts'
import { Commits } from './commits.ts'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import type { DecodeOptions } from './fetched-partition.ts'
import { Fetcher } from './fetcher.ts'
import { FollowedTopics } from './followed-topics.ts'
import { ConsumerInterceptors } from './interceptors.ts'
import { Iteration } from './iteration.ts'
import { GroupMember } from './membership/group-member.ts'
import { OffsetQueries } from './offset-queries.ts'
import type { ResetTo } from './offset-reset.ts'
import { Positions } from './positions.ts'
import { Rebalances } from './rebalances.ts'
import { Signal } from './signal.ts'
import { Subscription } from './subscription.ts'
import { reportTopicErrors } from './topic-errors.ts'
import type {
  CommitCallback,
  Consumer,
  ConsumerBatch,
  ConsumerGroupMetadata,
  ConsumerInterceptor,
  ConsumerRecord,
  RebalanceListener,
} from './types.ts'

const DEFAULT_POLL_MS = 1000
const DEFAULT_CLOSE_MS = 30_000
/** Polls that need not wait, or may not, still let sockets and timers have their turn this often. */
const YIELD_EVERY_MS = 2

export interface KafkaConsumerOptions<K, V> {
  readonly cluster: Cluster
  readonly config: ConsumerValues
  readonly offsetReset: ResetTo | undefined
  readonly assignors: readonly Assignor[]
  readonly metrics: ConsumerMetrics
  readonly key: AnyDeserializer<K> | undefined
  readonly value: AnyDeserializer<V> | undefined
  readonly interceptors: readonly ConsumerInterceptor<K, V>[]
  readonly onClose: () => void
  readonly logger: Logger
}

export class KafkaConsumer<K, V> implements Consumer<K, V> {
  readonly #options: KafkaConsumerOptions<K, V>
  readonly #cluster: Cluster
  readonly #topics: TopicsOfInterest
  readonly #followed: FollowedTopics<K, V>
  readonly #coordinators: Coordinators
  readonly #subscription = new Subscription<K, V>(() => this.#iteration.sift())
  readonly #iteration: Iteration<K, V>
  readonly #signal: Signal
  readonly #ends: OffsetQueries
  readonly #positions: Positions<K, V>
  readonly #fetcher: Fetcher<K, V>
  readonly #commits: Commits | undefined
  readonly #member: GroupMember | undefined
  readonly #rebalances: Rebalances<K, V> | undefined
  readonly #interceptors: ConsumerInterceptors<K, V> | undefined
  readonly #isAsync: boolean
  #error: unknown
  #isPolling = false
  #wakeups = 0
  #yieldedMs = 0
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(options: KafkaConsumerOptions<K, V>) {
    const { cluster, config, metrics } = options
    this.#options = options
    this.#cluster = cluster
    this.#isAsync = isAsync(options.key) || isAsync(options.value)
    this.#interceptors = options.interceptors.length === 0 ? undefined : new ConsumerInterceptors(options.interceptors, options.logger)
    metrics.watchAssignment(
      () => this.#subscription.size,
      () => this.#subscription.values(),
    )
    this.#topics = new TopicsOfInterest(cluster, { allowAutoTopicCreation: config.allowAutoCreateTopics })
    this.#coordinators = new Coordinators(cluster)
    this.#signal = new Signal(cluster.runtime.clock)
    this.#iteration = new Iteration({
      subscription: this.#subscription,
      poll: () => this.poll(),
      wakeup: () => this.wakeup(),
      isClosed: () => this.#closing !== undefined,
      mayHandOver: () => {
        this.#touch()
        return this.#mayHandOver
      },
    })
    const onChange = (): void => this.#signal.notify()
    const onError = (error: unknown): void => this.#onError(error)
    const shared = {
      cluster,
      topics: this.#topics,
      coordinators: this.#coordinators,
      config,
      subscription: this.#subscription,
      metrics,
      offsetReset: options.offsetReset,
      logger: options.logger,
      onChange,
      onError,
    }
    this.#followed = new FollowedTopics({ ...shared, onMatch: () => this.#onMatch() })
    reportTopicErrors(shared)
    this.#ends = new OffsetQueries(shared)
    this.#positions = new Positions(shared)
    this.#fetcher = new Fetcher({ ...shared, decode: decoding(options, onChange) })
    const { groupId } = config
    if (groupId === null) return
    const commits = new Commits({
      ...shared,
      groupId,
      membership: () => (this.#subscription.mode === 'topics' ? this.#member?.membership : undefined),
      positions: () => this.#positionsBefore(this.#iteration.unhandled()),
      onCommitted: (offsets) => this.#interceptors?.onCommit(offsets),
      onMembershipChange: () => {
        this.#member?.step()
        onChange()
      },
    })
    this.#commits = commits
    this.#member = new GroupMember({
      ...shared,
      groupId,
      assignors: options.assignors,
      subscribed: () => this.#subscription.topics,
      owned: () => this.#subscription.assigned,
    })
    this.#rebalances = new Rebalances(this.#subscription, this.#member, commits, cluster.runtime.clock)
  }

  async subscribe(topics: readonly string[] | RegExp, listener?: RebalanceListener): Promise<void> {
    this.#checkOpen()
    const { member, rebalances } = this.#group()
    if (!(topics instanceof RegExp) && topics.length === 0) return this.unsubscribe()
    rebalances.listener = listener
    await this.#followed.follow(topics, this.#apiDeadline())
    if (member.membership.state === 'detached' || member.membership.state === 'failed') member.membership.start()
    else member.membership.rejoin('subscription has changed')
    member.membership.touched(this.#cluster.nowMs())
    member.step()
  }

  async unsubscribe(): Promise<void> {
    this.#checkOpen()
    try {
      if (this.#subscription.mode === 'topics') await this.#leaveGroup(this.#apiDeadline(), 'the consumer unsubscribed from all topics')
      else await this.#commitAssigned(this.#apiDeadline())
    } finally {
      this.#subscription.clear()
      this.#followed.stop()
    }
  }

  async assign(partitions: readonly TopicPartition[]): Promise<void> {
    this.#checkOpen()
    if (partitions.length === 0) return this.unsubscribe()
    const committed = this.#commitAssigned(this.#apiDeadline())
    this.#subscription.setPartitions(partitions)
    this.#topics.replace(partitions.map(({ topic }) => topic))
    await retryUntil(this.#cluster, this.#apiDeadline(), 'assign', () => this.#topics.refresh())
    await committed
  }

  subscription(): readonly string[] {
    return this.#subscription.topics
  }

  assignment(): readonly TopicPartition[] {
    return this.#subscription.assigned.map(({ topic, partition }) => ({ topic, partition }))
  }

  async poll(timeoutMs: number = DEFAULT_POLL_MS): Promise<ConsumerRecord<K, V>[]> {
    this.#checkOpen()
    if (!isDuration(timeoutMs)) throw new ConfigError(`poll() cannot wait for ${String(timeoutMs)} ms`)
    if (this.#isPolling) throw new StateError('poll() is already running: one call at a time')
    if (this.#subscription.mode === 'none') throw new StateError('Nothing to poll: call subscribe() or assign() first')
    this.#isPolling = true
    this.#iteration.finished()
    this.#options.metrics.onPollStart()
    try {
      const deadlineMs = this.#cluster.nowMs() + timeoutMs
      this.#touch()
      // Before anything is collected: meanwhile the consumer may be closed, or a partition be sought.
      await this.#yield()
      return await this.#poll(deadlineMs)
    } finally {
      this.#options.metrics.onPollEnd()
      this.#isPolling = false
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<ConsumerRecord<K, V>> {
    return this.#iteration.records()
  }

  batches(): AsyncIterable<ConsumerBatch<K, V>> {
    return this.#iteration.batches()
  }

  groupMetadata(): ConsumerGroupMetadata {
    const groupId = this.#groupId()
    const { groupInstanceId } = this.#options.config
    const membership = this.#subscription.mode === 'topics' ? this.#member?.membership : undefined
    const { generationId = -1, memberId = '' } = membership ?? {}
    // As nobody's in particular a broker would take the offsets, whoever has the partitions by now.
    if (membership !== undefined && generationId < 0)
      throw new StateError(`The consumer is no member of group '${groupId}' at present: poll() joins it`)
    return { groupId, generationId, memberId, groupInstanceId }
  }

  seek(position: SeekPosition): void {
    if (!Number.isSafeInteger(position.offset) || position.offset < 0) throw new ConfigError(`${String(position.offset)} is not an offset`)
    this.#subscription.seek(position)
    this.#signal.notify()
  }

  seekToBeginning(partitions?: readonly TopicPartition[]): void {
    this.#subscription.reset(partitions, 'earliest')
    this.#signal.notify()
  }

  seekToEnd(partitions?: readonly TopicPartition[]): void {
    this.#subscription.reset(partitions, 'latest')
    this.#signal.notify()
  }

  async position(place: TopicPartition): Promise<number> {
    const deadlineMs = this.#apiDeadline()
    for (;;) {
      this.#checkOpen()
      const partition = this.#subscription.get(place)
      if (partition.position !== undefined) return partition.position
      await this.#positions.settled(partition, deadlineMs)
    }
  }

  async committed(partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> {
    this.#checkOpen(this.#isClosed)
    const groupId = this.#groupId()
    return fetchCommitted(this.#cluster, this.#coordinators, { groupId, partitions, deadlineMs: this.#apiDeadline(), requireStable: true })
  }

  commitSync(offsets: readonly OffsetToCommit[] = this.#consumedPositions()): Promise<void> {
    return this.#commit(offsets, (commits) => commits.commitSync(offsets, this.#apiDeadline()))
  }

  commitAsync(offsets?: readonly OffsetToCommit[]): Promise<void>
  commitAsync(callback: CommitCallback): void
  commitAsync(offsets: readonly OffsetToCommit[] | undefined, callback: CommitCallback): void
  commitAsync(given?: readonly OffsetToCommit[] | CommitCallback, callback?: CommitCallback): Promise<void> | undefined {
    const tell = typeof given === 'function' ? given : callback
    const offsets = given === undefined || typeof given === 'function' ? this.#consumedPositions() : given
    const committed = this.#commit(offsets, (commits) => commits.commitAsync(offsets))
    if (tell === undefined) return committed
    committed
      .then(
        () => tell(offsets),
        (error: KafkaError) => tell(offsets, error),
      )
      .catch((error: unknown) => this.#onError(error))
    return undefined
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#subscription.setPaused(partitions, true)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#subscription.setPaused(partitions, false)
    this.#signal.notify()
  }

  paused(): readonly TopicPartition[] {
    return this.#subscription.assigned.filter(({ isPaused }) => isPaused).map(({ topic, partition }) => ({ topic, partition }))
  }

  beginningOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    return this.#ends.earliest(partitions)
  }

  endOffsets(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    return this.#ends.latest(partitions)
  }

  offsetsForTimes(times: readonly (TopicPartition & { readonly timestamp: number })[]): Promise<OffsetAndTimestamp[]> {
    return this.#ends.atTimes(times)
  }

  async partitionsFor(topic: string): Promise<readonly PartitionInfo[]> {
    return partitionInfos(await this.#topics.topic(topic, this.#apiDeadline()))
  }

  currentLag(place: TopicPartition): number | undefined {
    const assigned = this.#subscription.get(place)
    const { position } = assigned
    const end = assigned.endOffset(this.#options.config.isolationLevel)
    return position === undefined || end < 0 ? undefined : Math.max(0, end - position)
  }

  wakeup(): void {
    this.#wakeups++
    this.#signal.notify()
  }

  metrics(): readonly MetricValue[] {
    return this.#options.metrics.read()
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? DEFAULT_CLOSE_MS)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #poll(deadlineMs: number): Promise<ConsumerRecord<K, V>[]> {
    for (;;) {
      if (this.#closing !== undefined) return []
      const now = this.#cluster.nowMs()
      this.#touch()
      if (this.#subscription.mode === 'topics') await this.#rebalances?.serve(this.#apiDeadline())
      if (this.#closing !== undefined) return []
      this.#throwError()
      this.#commits?.autoCommit()
      this.#positions.update()
      const records = this.#mayHandOver ? this.#fetcher.collect(this.#options.config.maxPollRecords) : []
      const wakeAtMs = this.#fetcher.pump()
      if (records.length > 0) {
        if (this.#isAsync) await settleValues(records)
        return this.#interceptors?.onConsume(records) ?? records
      }
      if (this.#wakeups > 0 || now >= deadlineMs) {
        this.#wakeups = 0
        return records
      }
      const patienceMs = this.#options.config.maxPollIntervalMs / 2
      await this.#signal.wait(Math.max(0, Math.min(deadlineMs, wakeAtMs, now + patienceMs) - now))
    }
  }

  /** The application is alive. */
  #touch(): void {
    if (this.#subscription.mode === 'topics') this.#member?.membership.touched(this.#cluster.nowMs())
  }

  get #mayHandOver(): boolean {
    return this.#subscription.mode !== 'topics' || this.#member?.membership.mayHandOver === true
  }

  #onMatch(): void {
    if (this.#member?.membership.state === 'detached') return
    this.#member?.membership.rejoin('topics that the pattern matches have changed')
    this.#member?.step()
    this.#signal.notify()
  }

  async #yield(): Promise<void> {
    if (this.#cluster.nowMs() - this.#yieldedMs < YIELD_EVERY_MS) return
    await new Promise<void>((resolve) => {
      this.#cluster.runtime.clock.defer(resolve)
    })
    this.#yieldedMs = this.#cluster.nowMs()
  }

  async #close(timeoutMs: number): Promise<void> {
    const deadlineMs = this.#cluster.nowMs() + timeoutMs
    this.#signal.notify()
    try {
      await this.#rebalances?.settled(deadlineMs)
      await this.#commits?.settled(deadlineMs)
      if (this.#subscription.mode === 'topics') await this.#leaveGroup(deadlineMs, 'the consumer is being closed')
      else await this.#commitAssigned(deadlineMs)
    } finally {
      this.#isClosed = true
      await this.#fetcher.close(deadlineMs)
      this.#subscription.clear()
      this.#topics.close()
      this.#cluster.close()
      this.#member?.close()
      this.#interceptors?.close()
      this.#options.onClose()
    }
  }

  /** Of partitions that were assigned by hand: no rebalance will have what was read of them committed. */
  async #commitAssigned(deadlineMs: number): Promise<void> {
    if (this.#subscription.mode === 'partitions') await this.#commits?.autoCommitFinal(deadlineMs)
  }

  async #leaveGroup(deadlineMs: number, reason: string): Promise<void> {
    const { member, rebalances } = this.#group()
    const isMember = member.membership.generationId >= 0
    const message = 'The group could not be left in time'
    try {
      await rebalances.release(isMember ? 'revoked' : 'lost', deadlineMs)
    } finally {
      // The coordinator finds out by itself after session.timeout.ms.
      await withDeadline(this.#cluster.runtime.clock, member.leave(reason), deadlineMs, message).catch(() => undefined)
    }
  }

  /** Never throws: whatever is wrong, it rejects with. */
  async #commit(offsets: readonly OffsetToCommit[], commit: (commits: Commits) => Promise<void>): Promise<void> {
    // Listeners commit while the consumer closes.
    this.#checkOpen(this.#isClosed)
    const { commits } = this.#group()
    checkOffsets(offsets)
    this.#iteration.committed(offsets)
    await commit(commits)
  }

  #consumedPositions(): readonly OffsetToCommit[] {
    return this.#positionsBefore(this.#iteration.unread())
  }

  /** The positions, but not past these records. */
  #positionsBefore(records: ReadonlyMap<string, OffsetToCommit>): readonly OffsetToCommit[] {
    return this.#subscription.assigned.flatMap(({ topic, partition, position, positionEpoch, isFresh }) => {
      const record = isFresh ? undefined : records.get(partitionKey(topic, partition))
      const offset = record?.offset ?? position
      return offset === undefined ? [] : [{ topic, partition, offset, leaderEpoch: record?.leaderEpoch ?? positionEpoch }]
    })
  }

  #group(): { member: GroupMember; rebalances: Rebalances<K, V>; commits: Commits } {
    if (this.#member === undefined || this.#rebalances === undefined || this.#commits === undefined) {
      throw new ConfigError('group.id is missing: subscribe() and commits need it; assign() does not')
    }
    return { member: this.#member, rebalances: this.#rebalances, commits: this.#commits }
  }

  #groupId(): string {
    const { groupId } = this.#options.config
    if (groupId === null) throw new ConfigError('group.id is missing')
    return groupId
  }

  #apiDeadline(): number {
    return this.#cluster.nowMs() + this.#options.config.defaultApiTimeoutMs
  }

  #onError(error: unknown): void {
    this.#error ??= error
    this.#signal.notify()
  }

  #throwError(): void {
    const error = this.#error
    if (error === undefined) return
    this.#error = undefined
    throw error instanceof KafkaError ? error : new KafkaError('STATE', 'The consumer has failed', { cause: error })
  }

  #checkOpen(isClosed = this.#closing !== undefined): void {
    if (isClosed) throw new StateError('The consumer is closed', 'CLOSED')
  }
}

/** What JavaScript calls it with need not be a number. */
function isDuration(ms: number): boolean {
  return ms === Number.POSITIVE_INFINITY || (Number.isFinite(ms) && ms >= 0)
}

function decoding<K, V>({ cluster, config, key, value }: KafkaConsumerOptions<K, V>, onInflated: () => void): DecodeOptions<K, V> {
  const { codecs, workers } = cluster.runtime
  const readCommitted = config.isolationLevel === 'read_committed'
  return { codecs, workers, onInflated, checkCrcs: config.checkCrcs, readCommitted, key, value }
}
