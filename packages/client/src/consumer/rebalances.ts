/** The application's part of a rebalance, run inside `poll()`: letting go of partitions, taking them up, and being told of it. */

import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { Commits } from './commits.ts'
import type { GroupMember } from './membership/group-member.ts'
import type { Release } from './membership/classic-membership.ts'
import type { Subscription } from './subscription.ts'
import type { RebalanceListener } from './types.ts'

export class Rebalances<K, V> {
  listener: RebalanceListener | undefined
  readonly #subscription: Subscription<K, V>
  readonly #member: GroupMember
  readonly #commits: Commits

  constructor(subscription: Subscription<K, V>, member: GroupMember, commits: Commits) {
    this.#subscription = subscription
    this.#member = member
    this.#commits = commits
  }

  /** Does what the membership waits for. Rejects with what a listener throws, and with the membership's error when it has failed. */
  async serve(deadlineMs: number): Promise<void> {
    const { membership } = this.#member
    if (membership.state === 'releasing') {
      await this.release(membership.release, deadlineMs)
      membership.released()
      this.#member.step()
    }
    if (membership.state === 'adopting') await this.#adopt()
    if (membership.state === 'failed' && membership.error !== undefined) {
      await this.release('lost', deadlineMs)
      throw membership.error
    }
  }

  /** Lets go of everything. */
  async release(release: Release, deadlineMs: number): Promise<void> {
    const partitions = this.#subscription.assigned.map(toPlace)
    if (partitions.length === 0) return
    if (release === 'revoked') await this.#commits.autoCommitFinal(deadlineMs)
    try {
      if (release === 'lost' && this.listener?.onLost !== undefined) await this.listener.onLost(partitions)
      else await this.listener?.onRevoked?.(partitions)
    } finally {
      this.#subscription.adopt([])
    }
  }

  async #adopt(): Promise<void> {
    const partitions = this.#member.assignment
    const held = new Set(this.#subscription.assigned.map(({ topic, partition }) => partitionKey(topic, partition)))
    this.#subscription.adopt(partitions)
    const added = partitions.filter(({ topic, partition }) => !held.has(partitionKey(topic, partition)))
    this.#member.membership.adopted()
    try {
      await this.listener?.onAssigned?.(added.map(toPlace))
    } finally {
      this.#member.step()
    }
  }
}

function toPlace({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
