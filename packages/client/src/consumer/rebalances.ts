/** The application's part of a rebalance, run inside `poll()`: letting go of partitions, taking them up, and being told of it. */

import type { Clock } from '@odradek/runtime'
import { withDeadline } from '../cluster/deadline.ts'
import { TimeoutError } from '../errors/kafka-error.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { partitionKey } from '../topic-partition.ts'
import type { Commits } from './commits.ts'
import type { GroupMember } from './membership/group-member.ts'
import type { Release } from './membership/classic-membership.ts'
import type { Subscription } from './subscription.ts'
import type { RebalanceListener } from './types.ts'

const TOO_LONG = 'The rebalance listener took too long'

export class Rebalances<K, V> {
  listener: RebalanceListener | undefined
  readonly #subscription: Subscription<K, V>
  readonly #member: GroupMember
  readonly #commits: Commits
  readonly #clock: Clock
  #serving: Promise<void> | undefined

  constructor(subscription: Subscription<K, V>, member: GroupMember, commits: Commits, clock: Clock) {
    this.#subscription = subscription
    this.#member = member
    this.#commits = commits
    this.#clock = clock
  }

  /** Does what the membership waits for. Rejects with what a listener throws, and with the membership's error when it has failed. */
  async serve(deadlineMs: number): Promise<void> {
    const { state } = this.#member.membership
    if (state !== 'releasing' && state !== 'adopting' && state !== 'failed') return
    this.#serving = this.#serve(deadlineMs)
    try {
      await this.#serving
    } finally {
      this.#serving = undefined
    }
  }

  /** Waits for the listener that a poll is waiting for, whatever becomes of it, until `deadlineMs`. */
  async settled(deadlineMs: number): Promise<void> {
    if (this.#serving !== undefined) await withDeadline(this.#clock, this.#serving, deadlineMs, TOO_LONG).catch(() => undefined)
  }

  /** Lets go of everything. Rejects with what the listener throws, and with TimeoutError when it is not done at `deadlineMs`. */
  async release(release: Release, deadlineMs: number): Promise<void> {
    const all = this.#subscription.assigned.map(toPlace)
    await this.#release(all, release, deadlineMs, async (told) => {
      // One that is still running must not be called again.
      if (this.#clock.monotonicMs() >= deadlineMs) throw new TimeoutError(TOO_LONG)
      await withDeadline(this.#clock, told(), deadlineMs, TOO_LONG)
    })
  }

  async #serve(deadlineMs: number): Promise<void> {
    const { membership } = this.#member
    for (;;) {
      if (membership.state === 'releasing') await this.#letGo(membership.release, deadlineMs)
      else if (membership.state === 'adopting') await this.#adopt(deadlineMs)
      else break
    }
    if (membership.state === 'failed' && membership.error !== undefined) {
      await this.#release(this.#subscription.assigned.map(toPlace), 'lost', deadlineMs)
      throw membership.error
    }
  }

  /** Before joining. What the listener throws does not keep the member from joining. */
  async #letGo(release: Release, deadlineMs: number): Promise<void> {
    const { membership, protocol } = this.#member
    const held = this.#subscription.assigned.map(toPlace)
    const keepsWhatItHas = release === 'revoked' && protocol === 'cooperative'
    const partitions = keepsWhatItHas ? held.filter(({ topic }) => !this.#subscription.topics.includes(topic)) : held
    try {
      await this.#release(partitions, release, deadlineMs)
    } finally {
      // Otherwise the rest has been lost meanwhile.
      if (membership.release === release) membership.released()
      this.#member.step()
    }
  }

  /** In a poll the listener may take its time. */
  async #release(
    partitions: readonly TopicPartition[],
    release: Release,
    deadlineMs: number,
    within: (told: () => Promise<void>) => Promise<void> = (told) => told(),
  ): Promise<void> {
    if (partitions.length === 0) return
    if (release === 'revoked') await this.#commits.autoCommitFinal(deadlineMs)
    try {
      await within(async () => {
        if (release === 'lost' && this.listener?.onLost !== undefined) await this.listener.onLost(partitions)
        else await this.listener?.onRevoked?.(partitions)
      })
    } finally {
      this.#subscription.adopt(without(this.#subscription.assigned, partitions))
    }
  }

  /** After a rebalance. What was taken away goes first, and has the member join again, so that it can be given to another. */
  async #adopt(deadlineMs: number): Promise<void> {
    if (!this.#member.isStillGiven()) return
    const { membership, assignment } = this.#member
    const given = assignment.partitions
    if (!given.every(({ topic }) => this.#subscription.topics.includes(topic))) {
      membership.adopted('received assignment does not match the current subscription')
      return
    }
    const revoked = without(this.#subscription.assigned, given).map(toPlace)
    const problems: unknown[] = []
    const attempt = async (call: () => void | Promise<void>): Promise<void> => {
      try {
        await call()
      } catch (error) {
        problems.push(error)
      }
    }
    await attempt(() => this.#release(revoked, 'revoked', deadlineMs))
    // Lost meanwhile: what was given is somebody else's.
    if (membership.state === 'adopting') {
      const added = without(given, this.#subscription.assigned).map(toPlace)
      await attempt(() => this.#member.tellAssignor())
      this.#subscription.adopt(given)
      membership.adopted(revoked.length > 0 ? 'need to revoke partitions and re-join' : undefined)
      await attempt(() => this.listener?.onAssigned?.(added))
    }
    this.#member.step()
    if (problems.length > 0) throw problems[0]
  }
}

function without<T extends TopicPartition>(partitions: readonly T[], others: readonly TopicPartition[]): T[] {
  const keys = new Set(others.map(({ topic, partition }) => partitionKey(topic, partition)))
  return partitions.filter(({ topic, partition }) => !keys.has(partitionKey(topic, partition)))
}

function toPlace({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
