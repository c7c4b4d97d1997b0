/** One OffsetCommit: what it says, and what its refusal means to the application. */

import type { OffsetCommitRequestInput } from '@odradek/protocol'
import { ErrorCodes, offsetCommit } from '@odradek/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { topicsToCommit } from '../cluster/offsets-to-commit.ts'
import type { Coordinators } from '../cluster/coordinators.ts'
import type { ConsumerValues } from '../config/consumer.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { BrokerError, ConnectionError, TimeoutError } from '../errors/kafka-error.ts'
import type { OffsetToCommit } from '../topic-partition.ts'
import { advice, advise, refusedByGroup } from './membership/advice.ts'
import type { ClassicMembership } from './membership/classic-membership.ts'

export interface CommitRequestOptions {
  readonly cluster: Cluster
  readonly coordinators: Coordinators
  readonly config: ConsumerValues
  readonly groupId: string
  /** Undefined for a consumer that took its partitions by `assign()`. */
  readonly membership: () => ClassicMembership | undefined
  /** The answer told something about the membership. */
  readonly onMembershipChange: () => void
}

export class CommitRequest {
  readonly #options: CommitRequestOptions

  constructor(options: CommitRequestOptions) {
    this.#options = options
  }

  /** Tries once. `onWrite` is called before the request is written, and may throw to keep it from that. */
  async send(offsets: readonly OffsetToCommit[], onWrite: () => void): Promise<void> {
    const { cluster, coordinators, groupId } = this.#options
    const membership = this.#options.membership()
    this.#checkMembership(membership)
    try {
      const nodeId = await coordinators.group(groupId)
      // It may be out of the group by now: such a commit would pass for one of nobody's where the group is empty.
      this.#checkMembership(membership)
      const generationId = membership?.generationId ?? -1
      // A JoinGroup waits for the other members, and on its connection whatever comes behind it; a cooperative member goes on meanwhile.
      const channel = membership?.state === 'joining' ? 'data' : 'group'
      const message = this.#request(offsets, membership)
      const connection = await cluster.connectionTo(nodeId, channel)
      onWrite()
      const response = await connection.send(offsetCommit, message)
      for (const { name, partitions } of response.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          if (errorCode !== ErrorCodes.NONE) throw this.#refused(errorCode, `${name}-${partitionIndex}`, membership, generationId)
        }
      }
    } catch (error) {
      if (error instanceof ConnectionError || error instanceof TimeoutError) coordinators.forget(groupId)
      throw error
    }
  }

  /**
   * While the others join, its generation still stands, and so do its commits; between the new generation and its part of it nothing does.
   * (Java commits nothing from the join on, so that a loop of poll and commit fails with every rebalance.)
   */
  #checkMembership(membership: ClassicMembership | undefined): void {
    if (membership === undefined) return
    if (membership.error !== undefined) throw membership.error
    const what = `Cannot commit in group '${this.#options.groupId}'`
    if (membership.isRebalancing && membership.state !== 'joining') throw rebalancing(what)
    if (membership.generationId < 0) throw advise(brokerError(ErrorCodes.UNKNOWN_MEMBER_ID, what), advice.expelled)
  }

  #request(offsets: readonly OffsetToCommit[], membership: ClassicMembership | undefined): OffsetCommitRequestInput {
    return {
      groupId: this.#options.groupId,
      generationIdOrMemberEpoch: membership?.generationId ?? -1,
      memberId: membership?.memberId ?? '',
      groupInstanceId: membership === undefined ? null : this.#options.config.groupInstanceId,
      topics: topicsToCommit(offsets),
    }
  }

  #refused(errorCode: number, place: string, membership: ClassicMembership | undefined, generationId: number): BrokerError {
    const { cluster, coordinators, groupId, onMembershipChange } = this.#options
    const action = brokerErrorAction(errorCode)
    if (action === 'find-coordinator' || errorCode === ErrorCodes.REQUEST_TIMED_OUT) coordinators.forget(groupId)
    // The generation that it was sent in is over: the member learns so from its join, and whoever commits may do so again after that.
    const isStale = membership !== undefined && (membership.isRebalancing || membership.generationId !== generationId)
    if (membership !== undefined && !isStale && (action === 'find-coordinator' || action === 'rejoin' || action === 'fatal')) {
      membership.onCommitError(errorCode, generationId, cluster.nowMs())
      onMembershipChange()
    }
    const what = `Cannot commit ${place} in group '${groupId}'`
    if (isStale && (action === 'rejoin' || errorCode === ErrorCodes.FENCED_INSTANCE_ID)) return rebalancing(what)
    const error = refusedByGroup(errorCode, what)
    if (membership === undefined && action === 'rejoin') return advise(error, advice.foreign)
    if (errorCode === ErrorCodes.REBALANCE_IN_PROGRESS) return advise(error, advice.rebalancing)
    return action === 'rejoin' ? advise(error, advice.expelled) : error
  }
}

/** Retriable: the rebalance goes on by itself, and ends with a generation in which what is still assigned can be committed. */
function rebalancing(what: string): BrokerError {
  const { code, errorCode, message } = brokerError(ErrorCodes.REBALANCE_IN_PROGRESS, what)
  return new BrokerError(code, errorCode, `${message}; ${advice.rebalancing}`, { retriable: true })
}
