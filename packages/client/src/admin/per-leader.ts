/** Calls on partitions: each is asked of its leader, one request a leader, and again of the next leader where it has moved. */

import { leaderOf } from '../cluster/list-offsets.ts'
import type { TopicsOfInterest } from '../cluster/topics-of-interest.ts'
import { KafkaError } from '../errors/kafka-error.ts'
import type { TopicPartition } from '../topic-partition.ts'
import type { AdminCalls, Outcome } from './per-resource.ts'
import { deadlineOf, forEachResource } from './per-resource.ts'

export interface LeaderCalls extends AdminCalls {
  readonly topics: TopicsOfInterest
}

export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** `ask` puts its partitions to the node that leads them, and answers by `partitionName`. Values are in the order of the partitions. */
export async function forEachPartition<P extends TopicPartition, T>(
  calls: LeaderCalls,
  what: string,
  partitions: readonly P[],
  ask: (nodeId: number, partitions: readonly P[]) => Promise<ReadonlyMap<string, Outcome<T>>>,
): Promise<T[]> {
  const { cluster, topics } = calls
  const deadlineMs = deadlineOf(calls)
  for (const { topic } of partitions) topics.touch(topic, cluster.nowMs())
  return forEachResource(calls, what, partitions, partitionName, async (pending) => {
    const outcomes = new Map<string, Outcome<T>>()
    const fail = (partition: P, error: unknown): void => {
      if (!(error instanceof KafkaError)) throw error
      outcomes.set(partitionName(partition), { error })
    }
    const byLeader = new Map<number, P[]>()
    for (const partition of pending) {
      try {
        const leader = await leaderOf(cluster, topics, partition, deadlineMs)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
      } catch (error) {
        fail(partition, error)
      }
    }
    const asking = [...byLeader].map(async ([leader, asked]) => {
      try {
        for (const [name, outcome] of await ask(leader, asked)) outcomes.set(name, outcome)
      } catch (error) {
        for (const partition of asked) fail(partition, error)
      }
    })
    await Promise.all(asking)
    const isAgain = [...outcomes.values()].some((outcome) => 'error' in outcome && outcome.error.retriable)
    // The next attempt may be another leader's; when this fails, so will the attempt.
    if (isAgain) await topics.refresh().catch(() => undefined)
    return outcomes
  })
}
