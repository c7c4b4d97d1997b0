/** What a group has committed. Shared by consumer and admin. */

import { ErrorCodes, offsetFetch } from '@odradek/protocol'
import { brokerError, brokerErrorAction } from '../errors/broker-error-actions.ts'
import type { BrokerError } from '../errors/kafka-error.ts'
import type { CommittedOffset, TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { Channel, Cluster } from './cluster.ts'
import type { Coordinators } from './coordinators.ts'
import { retryUntil } from './retry.ts'

export interface CommittedQuery {
  readonly groupId: string
  /** Null: all. */
  readonly partitions: readonly TopicPartition[] | null
  /** Waits for transactions that are about to commit offsets (KIP-447). */
  readonly requireStable: boolean
  readonly channel?: Channel | undefined
}

const NO_OFFSET = -1

export interface CommittedAnswer {
  /** Without the partitions that have no committed offset. */
  readonly committed: CommittedOffset[]
  /** By `partitionKey`: why what is committed for it cannot be told. */
  readonly problems: ReadonlyMap<string, BrokerError>
}

/** Partitions without a committed offset are left out. Rejects with BrokerError, or TimeoutError at the deadline. */
export function fetchCommitted(
  cluster: Cluster,
  coordinators: Coordinators,
  { deadlineMs, ...query }: CommittedQuery & { readonly deadlineMs: number },
): Promise<CommittedOffset[]> {
  return retryUntil(cluster, deadlineMs, `The look-up of what group '${query.groupId}' has committed`, async () => {
    const { committed, problems } = await askCommitted(cluster, coordinators, query)
    for (const problem of problems.values()) throw problem
    return committed
  })
}

/** Asks once. Rejects with what concerns all partitions. */
export function askCommitted(
  cluster: Cluster,
  coordinators: Coordinators,
  { groupId, partitions, requireStable, channel }: CommittedQuery,
): Promise<CommittedAnswer> {
  const refused = (errorCode: number): BrokerError => brokerError(errorCode, `Cannot read what group '${groupId}' has committed`)
  const topics = partitions === null ? null : byTopic(partitions)
  return coordinators.askGroup(groupId, async (nodeId) => {
    const response = await cluster.request(nodeId, offsetFetch, { groups: [{ groupId, topics }], requireStable }, { channel })
    const group = response.groups[0]
    const errorCode = group?.errorCode ?? ErrorCodes.UNKNOWN_SERVER_ERROR
    if (errorCode !== ErrorCodes.NONE) throw refused(errorCode)
    const committed: CommittedOffset[] = []
    const problems = new Map<string, BrokerError>()
    for (const { name: topic, partitions: answers } of group?.topics ?? []) {
      for (const { partitionIndex: partition, committedOffset, committedLeaderEpoch, metadata, errorCode: code } of answers) {
        if (brokerErrorAction(code) === 'find-coordinator') coordinators.forget(groupId)
        if (code !== ErrorCodes.NONE) problems.set(partitionKey(topic, partition), refused(code))
        else if (committedOffset !== NO_OFFSET)
          committed.push({ topic, partition, offset: committedOffset, metadata: metadata ?? '', leaderEpoch: committedLeaderEpoch })
      }
    }
    return { committed, problems }
  })
}

function byTopic(partitions: readonly TopicPartition[]): { name: string; partitionIndexes: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
}
