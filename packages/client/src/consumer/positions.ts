/**
 * Finds where to start: what the group has committed, else what `auto.offset.reset` says. Each partition is looked up for itself, so that one
 * without a leader, or whose answer is late, holds up no other; what fails is tried again after a pause.
 */

import { ErrorCodes } from '@odradek/protocol'
import type { Timer } from '@odradek/runtime'
import type { Cluster } from '../cluster/cluster.ts'
import { askCommitted } from '../cluster/committed-offsets.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import { withDeadline } from '../cluster/deadline.ts'
import { askLeader, knownLeader } from '../cluster/list-offsets.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { BrokerError, KafkaError, ProtocolError } from '../errors/kafka-error.ts'
import type { Logger } from '../logger.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import { FetchRetries } from './fetch-retries.ts'
import type { ResetTo } from './offset-reset.ts'
import { resetTimestamp } from './offset-reset.ts'
import type { Subscription } from './subscription.ts'

export interface PositionsOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly coordinators: Coordinators
  readonly config: ConsumerValues
  readonly subscription: Subscription<K, V>
  /** Undefined: a partition without a committed offset is an error. */
  readonly offsetReset: ResetTo | undefined
  /** Positions are known, or may be looked up again. */
  readonly onChange: () => void
  readonly onError: (error: unknown) => void
  readonly logger: Logger
}

interface LookUp {
  readonly sinceMs: number
  notBeforeMs: number
  failures: number
  isUnderWay: boolean
  /** There was no leader to ask: the pause is over as soon as there is one. */
  isLeaderless: boolean
  /** Why the last attempt has found nothing. */
  problem: unknown
  /** Waiting does not mend it. */
  isFinal: boolean
  isWarnedOf: boolean
}

interface Asked<K, V> {
  readonly partition: AssignedPartition<K, V>
  /** Another by the time of the answer: the application has sought meanwhile. */
  readonly resetTo: ResetTo
}

export class Positions<K, V> {
  readonly #options: PositionsOptions<K, V>
  readonly #retries: FetchRetries
  readonly #lookUps = new Map<AssignedPartition<K, V>, LookUp>()
  #timer: Timer | undefined
  #wakeAtMs = Number.POSITIVE_INFINITY
  #waiting: (() => void)[] = []

  constructor(options: PositionsOptions<K, V>) {
    this.#options = options
    this.#retries = new FetchRetries({ ...options, onChange: () => this.#notify() })
  }

  /** Sees to it in the background that every assigned partition gets a position. To be called again after every change. */
  update(): void {
    const missing: AssignedPartition<K, V>[] = []
    for (const partition of this.#options.subscription.values()) if (partition.position === undefined) missing.push(partition)
    // What the application has sought meanwhile, or does not have any more.
    if (this.#lookUps.size > missing.length)
      for (const partition of this.#lookUps.keys()) if (!this.#isMissing(partition)) this.#lookUps.delete(partition)
    if (missing.length === 0) return
    this.#lookUp(missing)
    this.#schedule(missing)
  }

  /**
   * As `update`; resolves at the next news of any partition. Rejects with what keeps this one from having a position for good, or with
   * TimeoutError at `deadlineMs`.
   */
  async settled(partition: AssignedPartition<K, V>, deadlineMs: number): Promise<void> {
    this.update()
    if (partition.position !== undefined) return
    const { cluster, config } = this.#options
    const problem = (): unknown => this.#lookUps.get(partition)?.problem
    const news = new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
    })
    const message = (): string =>
      `No position of ${nameOf(partition)} within default.api.timeout.ms (${config.defaultApiTimeoutMs} ms): ${textOf(problem())}`
    await withDeadline(cluster.runtime.clock, news, deadlineMs, message, problem)
    if (partition.position === undefined && this.#lookUps.get(partition)?.isFinal === true) throw problem()
  }

  /** Asks about those that nobody is being asked about, and whose pause is over. */
  #lookUp(missing: readonly AssignedPartition<K, V>[]): void {
    const { cluster, config } = this.#options
    const now = cluster.nowMs()
    const uncommitted: AssignedPartition<K, V>[] = []
    const byLeader = new Map<number, Asked<K, V>[]>()
    for (const partition of missing) {
      const lookUp = this.#lookUpOf(partition)
      const mayAsk = lookUp.notBeforeMs <= now
      if (lookUp.isUnderWay || (!mayAsk && !lookUp.isLeaderless)) continue
      if (partition.resetTo === undefined && config.groupId !== null) uncommitted.push(partition)
      else this.#consider(partition, lookUp, mayAsk, byLeader)
    }
    if (config.groupId !== null && uncommitted.length > 0) this.#run(uncommitted, this.#restore(config.groupId, uncommitted))
    for (const [leader, asked] of byLeader) {
      const partitions = asked.map(({ partition }) => partition)
      this.#run(partitions, this.#reset(leader, asked))
    }
  }

  #lookUpOf(partition: AssignedPartition<K, V>): LookUp {
    const known = this.#lookUps.get(partition)
    if (known !== undefined) return known
    const fresh: LookUp = {
      sinceMs: this.#options.cluster.nowMs(),
      notBeforeMs: 0,
      failures: 0,
      isUnderWay: false,
      isLeaderless: false,
      problem: undefined,
      isFinal: false,
      isWarnedOf: false,
    }
    this.#lookUps.set(partition, fresh)
    return fresh
  }

  /** A partition for which nothing is committed: whom to ask for the offset to begin with. */
  #consider(partition: AssignedPartition<K, V>, lookUp: LookUp, mayAsk: boolean, byLeader: Map<number, Asked<K, V>[]>): void {
    if (partition.resetTo === undefined) this.#fallBack(partition)
    const { resetTo } = partition
    if (resetTo === undefined) return
    const leader = knownLeader(this.#options.cluster.metadata, partition)
    if (typeof leader === 'number') {
      lookUp.isLeaderless = false
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), { partition, resetTo }])
    } else if (mayAsk) this.#awaitLeader(partition, lookUp, leader)
  }

  #fallBack(partition: AssignedPartition<K, V>): void {
    const { offsetReset, config } = this.#options
    partition.resetTo = offsetReset
    if (offsetReset !== undefined) return
    const who = config.groupId === null ? 'Nobody' : `Group '${config.groupId}'`
    this.#fail(
      partition,
      new KafkaError('NO_OFFSET', `${who} has committed nothing for ${nameOf(partition)} and auto.offset.reset is none; seek`),
    )
  }

  #awaitLeader(partition: AssignedPartition<K, V>, lookUp: LookUp, problem: BrokerError): void {
    const { cluster, topics, subscription, onError } = this.#options
    const isOfPartition = problem.errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION && !problem.retriable
    // The group may tell of a partition before the nodes that are asked for metadata do.
    const isMistaken = isOfPartition && lookUp.isLeaderless && subscription.mode === 'partitions'
    lookUp.isLeaderless = true
    this.#postpone(partition, problem, isOfPartition ? isMistaken : !problem.retriable)
    // What is wrong with the whole topic is told once for all of its partitions, by `reportTopicErrors`.
    if (isMistaken) onError(problem)
    topics.touch(partition.topic, cluster.nowMs())
    this.#retries.refreshMetadata()
  }

  /** One request under way for these partitions. Once it has ended, the next is due: the offset after the answer that there is no commit. */
  #run(partitions: readonly AssignedPartition<K, V>[], asking: Promise<void>): void {
    for (const partition of partitions) this.#lookUpOf(partition).isUnderWay = true
    asking
      .catch((error: unknown) => {
        for (const partition of partitions) this.#fail(partition, error)
      })
      .finally(() => {
        for (const partition of partitions) {
          const lookUp = this.#lookUps.get(partition)
          if (lookUp !== undefined) lookUp.isUnderWay = false
        }
        if (this.#options.cluster.isClosed) return
        this.update()
        this.#notify()
      })
  }

  async #restore(groupId: string, partitions: readonly AssignedPartition<K, V>[]): Promise<void> {
    const { cluster, coordinators } = this.#options
    const { committed, problems } = await askCommitted(cluster, coordinators, {
      groupId,
      partitions,
      requireStable: true,
      channel: 'group',
    })
    const offsets = new Map(committed.map((each) => [keyOf(each), each]))
    for (const partition of partitions) {
      if (!this.#isMissing(partition) || partition.resetTo !== undefined) continue
      const found = offsets.get(keyOf(partition))
      const problem = problems.get(keyOf(partition))
      if (found !== undefined) partition.seek(found.offset, found.leaderEpoch)
      else if (problem !== undefined) this.#fail(partition, problem)
      else this.#fallBack(partition)
    }
  }

  async #reset(leader: number, asked: readonly Asked<K, V>[]): Promise<void> {
    const { cluster, config } = this.#options
    const nowMs = cluster.runtime.clock.nowMs()
    const queries = asked.map(({ partition: { topic, partition }, resetTo }) => ({
      topic,
      partition,
      timestamp: resetTimestamp(resetTo, nowMs),
    }))
    try {
      const { found, problems } = await askLeader(cluster, leader, queries, config)
      const offsets = new Map(found.map((each) => [keyOf(each), each.offset]))
      for (const { partition, resetTo } of asked) {
        if (!this.#isMissing(partition) || partition.resetTo !== resetTo) continue
        const offset = offsets.get(keyOf(partition))
        // Without an epoch: it needs no validation, since the leader has just named it.
        if (offset !== undefined && offset >= 0) partition.seek(offset)
        // Nothing as young as the duration asks for: what comes next is.
        else if (offset !== undefined) partition.resetTo = 'latest'
        else this.#fail(partition, problems.get(keyOf(partition)) ?? new ProtocolError(`Node ${leader} has left out ${nameOf(partition)}`))
      }
      if (problems.size > 0) this.#retries.refreshMetadata()
    } catch (error) {
      // The next attempt may be another leader's.
      this.#retries.refreshMetadata()
      throw error
    }
  }

  #fail(partition: AssignedPartition<K, V>, problem: unknown): void {
    if (this.#options.cluster.isClosed || !this.#isMissing(partition)) return
    const isFinal = !(problem instanceof KafkaError) || !problem.retriable
    this.#postpone(partition, problem, isFinal)
    if (isFinal) this.#options.onError(problem)
  }

  /** What waiting may mend is not thrown by `poll()`, which has other partitions to read; it is warned of when it goes on. */
  #postpone(partition: AssignedPartition<K, V>, problem: unknown, isFinal: boolean): void {
    const { cluster, config, logger } = this.#options
    const lookUp = this.#lookUpOf(partition)
    lookUp.problem = problem
    lookUp.isFinal = isFinal
    this.#retries.backOff(lookUp)
    const waitedMs = cluster.nowMs() - lookUp.sinceMs
    if (isFinal || lookUp.isWarnedOf || waitedMs < config.defaultApiTimeoutMs || isUnknownTopic(problem)) return
    lookUp.isWarnedOf = true
    logger.warn(`Nothing is read from ${nameOf(partition)}: no position after ${Math.round(waitedMs)} ms: ${textOf(problem)}`)
  }

  #isMissing(partition: AssignedPartition<K, V>): boolean {
    return this.#options.subscription.find(partition) === partition && partition.position === undefined
  }

  /** Wakes whoever waits when the first pause is over. */
  #schedule(missing: readonly AssignedPartition<K, V>[]): void {
    const { cluster } = this.#options
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const partition of missing) {
      const { isUnderWay, notBeforeMs } = this.#lookUpOf(partition)
      if (!isUnderWay) wakeAtMs = Math.min(wakeAtMs, notBeforeMs)
    }
    if (wakeAtMs === this.#wakeAtMs) return
    this.#timer?.cancel()
    this.#wakeAtMs = wakeAtMs
    if (wakeAtMs === Number.POSITIVE_INFINITY) return
    this.#timer = cluster.runtime.clock.setTimer(
      Math.max(0, wakeAtMs - cluster.nowMs()),
      () => {
        this.#wakeAtMs = Number.POSITIVE_INFINITY
        this.#notify()
      },
      true,
    )
  }

  #notify(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
    this.#options.onChange()
  }
}

/** `reportTopicErrors` warns of it, by the topic's name. */
function isUnknownTopic(problem: unknown): boolean {
  return problem instanceof BrokerError && problem.errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION && problem.retriable
}

function textOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : 'nobody has answered'
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition)
}
