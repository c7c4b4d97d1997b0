/** What groups have committed: reading it, and changing it for a group whose members are away (KIP-396, KIP-496). */

import { ErrorCodes, offsetCommit, offsetDelete } from '@odradek/protocol'
import { fetchCommitted } from '../cluster/committed-offsets.ts'
import { checkOffsets, topicsToCommit } from '../cluster/offsets-to-commit.ts'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import { BrokerError } from '../errors/kafka-error.ts'
import type { CommittedOffset, OffsetToCommit, TopicPartition } from '../topic-partition.ts'
import { byTopic } from '../topic-partition.ts'
import { partitionName } from './per-leader.ts'
import type { CoordinatorCalls, Outcome } from './per-resource.ts'
import { deadlineOf, forEachResource } from './per-resource.ts'

/** What the coordinator answers of one partition. */
interface Answer extends TopicPartition {
  readonly errorCode: number
}

/** Of who commits without being a member. */
const NO_GENERATION = -1

export class GroupOffsetAdmin {
  readonly #calls: CoordinatorCalls

  constructor(calls: CoordinatorCalls) {
    this.#calls = calls
  }

  list(groupId: string, partitions: readonly TopicPartition[] | undefined): Promise<CommittedOffset[]> {
    const { cluster, coordinators } = this.#calls
    return fetchCommitted(cluster, coordinators, {
      groupId,
      partitions: partitions ?? null,
      deadlineMs: deadlineOf(this.#calls),
      requireStable: false,
    })
  }

  async alter(groupId: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    checkOffsets(offsets)
    await this.#forEach(
      'alterGroupOffsets',
      `Cannot set what group '${groupId}' has committed of`,
      groupId,
      offsets,
      async (pending, nodeId) => {
        const response = await this.#calls.cluster.request(nodeId, offsetCommit, {
          groupId,
          generationIdOrMemberEpoch: NO_GENERATION,
          memberId: '',
          topics: topicsToCommit(pending),
        })
        return answersOf(response.topics)
      },
    )
  }

  async delete(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    await this.#forEach(
      'deleteGroupOffsets',
      `Cannot delete what group '${groupId}' has committed of`,
      groupId,
      partitions,
      async (pending, nodeId) => {
        const response = await this.#calls.cluster.request(nodeId, offsetDelete, {
          groupId,
          topics: [...byTopic(pending)].map(([name, each]) => ({
            name,
            partitions: each.map(({ partition }) => ({ partitionIndex: partition })),
          })),
        })
        const answers = answersOf(response.topics)
        if (response.errorCode === ErrorCodes.NONE) return answers
        // The group's error is each partition's.
        return pending.map(({ topic, partition }) => ({ topic, partition, errorCode: response.errorCode }))
      },
    )
  }

  #forEach<P extends TopicPartition>(
    what: string,
    verb: string,
    groupId: string,
    partitions: readonly P[],
    ask: (pending: readonly P[], nodeId: number) => Promise<readonly Answer[]>,
  ): Promise<undefined[]> {
    const { coordinators } = this.#calls
    return forEachResource(this.#calls, what, partitions, partitionName, async (pending) => {
      const answers = await coordinators.askGroup(groupId, (nodeId) => ask(pending, nodeId))
      return new Map(
        answers.map(({ errorCode, ...partition }): [string, Outcome<undefined>] => {
          const name = partitionName(partition)
          if (errorCode === ErrorCodes.NONE) return [name, { value: undefined }]
          if (brokerErrorAction(errorCode) === 'find-coordinator') coordinators.forget(groupId)
          return [name, { error: failure(errorCode, `${verb} ${name}`) }]
        }),
      )
    })
  }
}

function answersOf(
  topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
  }[],
): Answer[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode }) => ({ topic: name, partition: partitionIndex, errorCode })),
  )
}

/** What coordinators answer to who is no member of a group that has some. */
const hasMembers: ReadonlySet<number> = new Set([
  ErrorCodes.UNKNOWN_MEMBER_ID,
  ErrorCodes.ILLEGAL_GENERATION,
  ErrorCodes.REBALANCE_IN_PROGRESS,
  ErrorCodes.STALE_MEMBER_EPOCH,
])

function failure(errorCode: number, what: string): BrokerError {
  // That a topic is not here is retriable for who writes and final for who commits.
  const error = brokerError(errorCode, what, undefined, errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (!hasMembers.has(errorCode)) return error
  return new BrokerError(error.code, errorCode, `${what}: the group has members; stop them first (${error.code})`)
}
