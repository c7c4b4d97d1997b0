/** What a group has committed. Shared by consumer and admin. */

import { ErrorCodes, offsetFetch } from '@odradek/protocol'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import type { CommittedOffset, TopicPartition } from '../topic-partition.ts'
import type { Channel, Cluster } from './cluster.ts'
import type { Coordinators } from './coordinators.ts'
import { retryUntil } from './retry.ts'

export interface CommittedQuery {
  readonly groupId: string
  /** Null: all. */
  readonly partitions: readonly TopicPartition[] | null
  readonly deadlineMs: number
  /** Waits for transactions that are about to commit offsets (KIP-447). */
  readonly requireStable: boolean
  readonly channel?: Channel | undefined
}

const NO_OFFSET = -1

/** Partitions without a committed offset are left out. Rejects with BrokerError, or TimeoutError at the deadline. */
export function fetchCommitted(cluster: Cluster, coordinators: Coordinators, query: CommittedQuery): Promise<CommittedOffset[]> {
  return retryUntil(cluster, query.deadlineMs, `The look-up of what group '${query.groupId}' has committed`, async () => {
    const nodeId = await coordinators.group(query.groupId)
    const response = await cluster.request(
      nodeId,
      offsetFetch,
      {
        groups: [{ groupId: query.groupId, topics: query.partitions === null ? null : byTopic(query.partitions) }],
        requireStable: query.requireStable,
      },
      { channel: query.channel },
    )
    const group = response.groups[0]
    const fail = (errorCode: number): void => {
      if (errorCode === ErrorCodes.NONE) return
      if (brokerErrorAction(errorCode) === 'find-coordinator') coordinators.forget(query.groupId)
      throw brokerError(errorCode, `Cannot read what group '${query.groupId}' has committed`)
    }
    fail(group?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR)
    const committed: CommittedOffset[] = []
    for (const { name, partitions } of group?.topics ?? []) {
      for (const { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode } of partitions) {
        fail(errorCode)
        if (committedOffset === NO_OFFSET) continue
        committed.push({
          topic: name,
          partition: partitionIndex,
          offset: committedOffset,
          metadata: metadata ?? '',
          leaderEpoch: committedLeaderEpoch,
        })
      }
    }
    return committed
  })
}

function byTopic(partitions: readonly TopicPartition[]): { name: string; partitionIndexes: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
}
