/** Writes offsets to the group: on demand, in order, and by itself when auto-commit is on. */

import type { OffsetCommitRequestInput } from '@odradek/protocol'
import { ErrorCodes, offsetCommit } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import { retryUntil } from '../cluster/retry.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { BrokerError, ConnectionError, TimeoutError } from '../errors/kafka-error.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import type { ClassicMembership } from './membership/classic-membership.ts'

export interface CommitsOptions {
  readonly cluster: Cluster
  readonly coordinators: Coordinators
  readonly config: ConsumerValues
  readonly groupId: string
  /** Undefined for a consumer that took its partitions by `assign()`. */
  readonly membership: () => ClassicMembership | undefined
  /** What the application has been handed so far. */
  readonly positions: () => readonly OffsetToCommit[]
  /** The answer told something about the membership. */
  readonly onMembershipChange: () => void
}

export class Commits {
  readonly #options: CommitsOptions
  #last: Promise<unknown> = Promise.resolve()
  #nextAutoMs: number
  #isAutoUnderWay = false

  constructor(options: CommitsOptions) {
    this.#options = options
    this.#nextAutoMs = options.cluster.nowMs() + options.config.autoCommitIntervalMs
  }

  /** Retries what is retriable until `deadlineMs`. */
  commitSync(offsets: readonly OffsetToCommit[], deadlineMs: number): Promise<void> {
    return this.#inOrder(() => retryUntil(this.#options.cluster, deadlineMs, 'The commit', () => this.#commit(offsets)))
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
      // The next one covers the same records.
      .catch(() => undefined)
      .finally(() => {
        this.#isAutoUnderWay = false
      })
  }

  /** The last chance before partitions go: errors do not stop a rebalance or a close, and a topic that was deleted does not hold them up. */
  async autoCommitFinal(deadlineMs: number): Promise<void> {
    const { config, cluster, positions } = this.#options
    if (!config.enableAutoCommit) return
    const offsets = positions()
    const commit = (): Promise<void> =>
      this.#commit(offsets).catch((error: unknown) => {
        if (!(error instanceof BrokerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
      })
    await this.#inOrder(() => retryUntil(cluster, deadlineMs, 'The commit', commit)).catch(() => undefined)
  }

  /** A commit starts when the one before it has ended, so that an older offset never overwrites a newer one. */
  #inOrder(commit: () => Promise<void>): Promise<void> {
    const next = this.#last.then(commit)
    this.#last = next.catch(() => undefined)
    return next
  }

  async #commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return
    const { cluster, coordinators, groupId } = this.#options
    const membership = this.#options.membership()
    if (membership !== undefined && membership.generationId < 0) throw this.#notAMember()
    const nodeId = await coordinators.group(groupId)
    const generationId = membership?.generationId ?? -1
    // A JoinGroup waits for the other members, and on its connection whatever comes behind it; under a cooperative protocol records are handled meanwhile.
    const isJoining = membership?.state === 'joining'
    try {
      const channel = isJoining ? 'data' : 'group'
      const response = await cluster.request(nodeId, offsetCommit, this.#request(offsets, membership), { channel })
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          if (errorCode !== ErrorCodes.NONE)
            throw this.#refused(errorCode, `${name}-${partitionIndex}`, isJoining ? undefined : membership, generationId)
        }
      }
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TimeoutError) coordinators.forget(groupId)
      throw error
    }
  }

  #request(offsets: readonly OffsetToCommit[], membership: ClassicMembership | undefined): OffsetCommitRequestInput {
    const topics = new Map<string, OffsetToCommit[]>()
    for (const offset of offsets) topics.set(offset.topic, [...(topics.get(offset.topic) ?? []), offset])
    return {
      groupId: this.#options.groupId,
      generationIdOrMemberEpoch: membership?.generationId ?? -1,
      memberId: membership?.memberId ?? '',
      groupInstanceId: membership === undefined ? null : this.#options.config.groupInstanceId,
      topics: [...topics].map(([name, each]) => ({
        name,
        partitions: each.map(({ partition, offset, metadata, leaderEpoch }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: leaderEpoch ?? -1,
          committedMetadata: metadata ?? '',
        })),
      })),
    }
  }

  #refused(errorCode: number, place: string, membership: ClassicMembership | undefined, generationId: number): BrokerError {
    const action = brokerErrorAction(errorCode)
    if (action === 'find-coordinator') this.#options.coordinators.forget(this.#options.groupId)
    if (membership !== undefined && (action === 'find-coordinator' || action === 'rejoin' || action === 'fatal')) {
      membership.onCommitError(errorCode, generationId, this.#options.cluster.nowMs())
      this.#options.onMembershipChange()
    }
    const error = brokerError(errorCode, `Cannot commit ${place} in group '${this.#options.groupId}'`)
    if (action !== 'rejoin') return error
    return withAdvice(error)
  }

  #notAMember(): BrokerError {
    return withAdvice(brokerError(ErrorCodes.UNKNOWN_MEMBER_ID, `Cannot commit in group '${this.#options.groupId}'`))
  }
}

function withAdvice(error: BrokerError): BrokerError {
  const advice = 'call poll() to rejoin; where polls are too far apart, raise max.poll.interval.ms or lower max.poll.records'
  return new BrokerError(error.code, error.errorCode, `${error.message}; its partitions may be another member's by now: ${advice}`)
}
