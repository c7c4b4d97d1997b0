/** Fetches ahead of the application: one request under way a broker, for the partitions that have nothing left to hand over. */

import type { FetchRequestInput, FetchResponse } from '@odradek/protocol'
import { ErrorCodes, fetch, zeroUuid } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { withDeadline } from '../cluster/deadline.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import type { Connection } from '../connection/connection.ts'
import { brokerError } from '../errors/broker-error-actions.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import type { AskedOf } from './fetch-answers.ts'
import { FetchAnswers } from './fetch-answers.ts'
import { FetchPlan } from './fetch-plan.ts'
import { FetchRetries } from './fetch-retries.ts'
import type { FetchTarget } from './fetch-session.ts'
import { FetchSession } from './fetch-session.ts'
import type { DecodeOptions, FetchedPartition } from './fetched-partition.ts'
import type { ResetTo } from './offset-reset.ts'
import { PositionValidation } from './position-validation.ts'
import type { Subscription } from './subscription.ts'
import type { ConsumerRecord } from './types.ts'

export interface FetcherOptions<K, V> {
  readonly cluster: Cluster
  readonly topics: TopicsOfInterest
  readonly config: ConsumerValues
  readonly subscription: Subscription<K, V>
  readonly decode: DecodeOptions<K, V>
  readonly metrics: ConsumerMetrics
  /** Undefined: an offset out of range, or one that was truncated, is an error. */
  readonly offsetReset: ResetTo | undefined
  /** Records have come, or something else that a waiting poll wants to know. */
  readonly onChange: () => void
  /** For the next poll to throw. */
  readonly onError: (error: unknown) => void
}

interface Ready<K, V> {
  readonly partition: AssignedPartition<K, V>
  readonly chunk: FetchedPartition<K, V>
}

/** The first version that names topics by id alone (KIP-516). */
const TOPIC_IDS_SINCE = 13
/** A broker that cannot be told soon forgets its session by itself. */
const CLOSE_SESSION_MS = 1000

export class Fetcher<K, V> {
  readonly #options: FetcherOptions<K, V>
  readonly #retries: FetchRetries
  readonly #answers: FetchAnswers<K, V>
  readonly #validation: PositionValidation<K, V>
  readonly #sessions = new Map<number, FetchSession>()
  readonly #busyNodes = new Set<number>()
  /** Chunks in the order in which they came. */
  readonly #ready: Ready<K, V>[] = []
  #isClosed = false

  constructor(options: FetcherOptions<K, V>) {
    this.#options = options
    this.#retries = new FetchRetries(options)
    const shared = { ...options, retries: this.#retries }
    this.#validation = new PositionValidation(shared)
    this.#answers = new FetchAnswers({ ...shared, onChunk: (partition, chunk) => void this.#ready.push({ partition, chunk }) })
  }

  /** Asks for what can be asked for now; returns the monotonic time to come back at. */
  pump(): number {
    if (this.#isClosed) return Number.POSITIVE_INFINITY
    const { subscription, config } = this.#options
    const now = this.#options.cluster.nowMs()
    const plans = new Map<number, FetchPlan<K, V>>()
    const unvalidated = new Map<number, AssignedPartition<K, V>[]>()
    let wakeAtMs = Number.POSITIVE_INFINITY
    for (const partition of subscription.values()) {
      if (partition.fetchOffset === undefined || partition.isPaused) continue
      if (partition.notBeforeMs > now) {
        wakeAtMs = Math.min(wakeAtMs, partition.notBeforeMs)
        continue
      }
      const nodeId = this.#sourceOf(partition, now, unvalidated)
      if (nodeId === undefined) {
        if (partition.notBeforeMs > now) wakeAtMs = Math.min(wakeAtMs, partition.notBeforeMs)
      } else if (!this.#busyNodes.has(nodeId)) {
        let plan = plans.get(nodeId)
        if (plan === undefined) plans.set(nodeId, (plan = new FetchPlan(config.fetchMaxBytes)))
        plan.consider(partition)
      }
    }
    for (const [nodeId, partitions] of unvalidated) this.#validation.validate(nodeId, partitions)
    for (const [nodeId, plan] of plans) if (plan.isDue) void this.#fetch(nodeId, plan)
    return wakeAtMs
  }

  /** Up to `max` records, in the order in which they came. Throws ProtocolError on corrupt data, unless there are records before it. */
  collect(max: number): ConsumerRecord<K, V>[] {
    const records: ConsumerRecord<K, V>[] = []
    try {
      this.#collect(max, records)
    } catch (error) {
      // The next time it comes first.
      if (records.length === 0) throw error
    }
    return records
  }

  /** Fetches no more, and has the brokers forget their sessions, as far as they can be told. Never rejects. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true
    const { cluster } = this.#options
    const untilMs = Math.min(deadlineMs, cluster.nowMs() + CLOSE_SESSION_MS)
    const closing = [...this.#sessions].map(async ([nodeId, session]) => {
      const request = session.close()
      // Not behind a fetch that the broker holds back.
      const connection =
        cluster.openConnection(nodeId) ?? (this.#busyNodes.has(nodeId) ? undefined : cluster.openConnection(nodeId, 'fetch'))
      if (request === undefined || connection === undefined) return
      await withDeadline(cluster.runtime.clock, connection.send(fetch, request), untilMs, 'The end of a fetch session')
    })
    await Promise.allSettled(closing)
  }

  /** The node to read a partition from now; undefined while there is none, or its position has to be validated first. */
  #sourceOf(partition: AssignedPartition<K, V>, now: number, unvalidated: Map<number, AssignedPartition<K, V>[]>): number | undefined {
    const { metadata } = this.#options.cluster
    const { topic, partition: index } = partition
    const leader = metadata.leader(topic, index)
    if (leader === undefined) {
      this.#retries.backOff(partition)
      this.#retries.refreshMetadata()
      return undefined
    }
    if (partition.mustValidate(metadata.leaderEpoch(topic, index))) {
      const others = unvalidated.get(leader.id)
      if (others === undefined) unvalidated.set(leader.id, [partition])
      else others.push(partition)
      return undefined
    }
    const replica = partition.readReplica(now)
    return replica !== undefined && metadata.nodes.has(replica) ? replica : leader.id
  }

  #collect(max: number, records: ConsumerRecord<K, V>[]): void {
    for (let index = 0; index < this.#ready.length && records.length < max; ) {
      const { partition, chunk } = this.#ready[index] as Ready<K, V>
      const { chunks, isPaused } = partition
      if (!chunks.includes(chunk) || this.#options.subscription.find(partition) !== partition) {
        this.#ready.splice(index, 1)
      } else if (isPaused || chunk.isInflating || chunks[0] !== chunk) {
        index++
      } else if (!this.#take(partition, chunk, max, records)) {
        this.#ready.splice(index, 1)
      }
    }
  }

  /** False when the chunk has been read to its end. */
  #take(partition: AssignedPartition<K, V>, chunk: FetchedPartition<K, V>, max: number, records: ConsumerRecord<K, V>[]): boolean {
    const before = records.length
    try {
      const isLeft = chunk.take(max - records.length, records)
      if (!isLeft) partition.chunks.shift()
      return isLeft
    } finally {
      partition.position = chunk.nextOffset
      partition.isFresh = false
      if (chunk.leaderEpoch >= 0) partition.positionEpoch = chunk.leaderEpoch
      this.#options.metrics.onTaken(partition, records.length - before)
    }
  }

  async #fetch(nodeId: number, plan: FetchPlan<K, V>): Promise<void> {
    const { cluster, onChange, onError } = this.#options
    const asked = plan.take().map((each): AskedOf<K, V> => {
      const leaderEpoch = cluster.metadata.leaderEpoch(each.partition.topic, each.partition.partition)
      return { ...each, nodeId, leaderEpoch }
    })
    this.#busyNodes.add(nodeId)
    try {
      const connection = cluster.openConnection(nodeId, 'fetch') ?? (await cluster.connectionTo(nodeId, 'fetch'))
      if (this.#isClosed) return
      await this.#exchange(connection, asked, plan)
    } catch (error) {
      this.#onFailure(asked, error)
    } finally {
      this.#busyNodes.delete(nodeId)
    }
    if (this.#isClosed) return
    try {
      onChange()
      this.pump()
    } catch (error) {
      onError(error)
    }
  }

  async #exchange(connection: Connection, asked: readonly AskedOf<K, V>[], plan: FetchPlan<K, V>): Promise<void> {
    const nodeId = asked[0]?.nodeId ?? -1
    const session = this.#session(nodeId)
    const targets = asked.map((each) => this.#target(each))
    const newest = connection.version(fetch)
    const usesIds = newest >= TOPIC_IDS_SINCE && targets.every(({ topicId }) => topicId !== zeroUuid)
    const wasFull = session.isFull
    const request: FetchRequestInput = { ...this.#limits(plan), ...session.next(targets, usesIds) }
    const version = usesIds ? newest : Math.min(newest, TOPIC_IDS_SINCE - 1)
    const timeoutMs = this.#options.cluster.config.requestTimeoutMs + this.#options.config.fetchMaxWaitMs
    let response: FetchResponse
    try {
      response = await connection.sendVersion(fetch, version, request, (reader, at) => fetch.decodeResponse(reader, at), timeoutMs)
    } catch (error) {
      session.onDisconnect()
      throw error
    }
    if (response.errorCode !== ErrorCodes.NONE) {
      session.onError(response.errorCode)
      // The next fetch is full and needs no pause, unless this one was and was refused all the same.
      if (isSessionError(response.errorCode) && !wasFull) return
      throw brokerError(response.errorCode, `Cannot fetch from node ${nodeId}`)
    }
    session.onAnswer(response.sessionId)
    await this.#answers.onResponse(asked, new Map(targets.map(({ topic, topicId }) => [topicId, topic])), response)
  }

  #session(nodeId: number): FetchSession {
    let session = this.#sessions.get(nodeId)
    if (session === undefined) this.#sessions.set(nodeId, (session = new FetchSession()))
    return session
  }

  #target({ partition: { topic, partition }, offset, leaderEpoch }: AskedOf<K, V>): FetchTarget {
    const { cluster, config } = this.#options
    return {
      topic,
      topicId: cluster.metadata.topic(topic)?.topicId ?? zeroUuid,
      partition,
      fetchOffset: offset,
      currentLeaderEpoch: leaderEpoch,
      partitionMaxBytes: config.maxPartitionFetchBytes,
    }
  }

  #limits({ mayWait, maxBytes }: FetchPlan<K, V>): Omit<FetchRequestInput, 'topics' | 'forgottenTopicsData'> {
    const { config } = this.#options
    return {
      maxWaitMs: mayWait ? config.fetchMaxWaitMs : 0,
      minBytes: config.fetchMinBytes,
      maxBytes,
      isolationLevel: config.isolationLevel === 'read_committed' ? 1 : 0,
      rackId: config.clientRack,
    }
  }

  #onFailure(asked: readonly AskedOf<K, V>[], error: unknown): void {
    if (this.#isClosed) return
    for (const { partition } of asked) {
      partition.preferLeader()
      this.#retries.backOff(partition)
    }
    if (error instanceof KafkaError && error.retriable) this.#retries.refreshMetadata()
    else this.#options.onError(error)
  }
}

function isSessionError(errorCode: number): boolean {
  return (
    errorCode === ErrorCodes.FETCH_SESSION_ID_NOT_FOUND ||
    errorCode === ErrorCodes.INVALID_FETCH_SESSION_EPOCH ||
    errorCode === ErrorCodes.FETCH_SESSION_TOPIC_ID_ERROR
  )
}
