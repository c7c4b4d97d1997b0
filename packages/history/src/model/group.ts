/** A consumer group, or a consumer that has none: who owns what, and what is committed. */

import type { OpenConsumerEvent } from '../format/events.ts'
import type { TopicPartition } from './topic.ts'

/** What may be committed for a partition: the last success, and all that may have come after it. */
export interface CommitState {
  /** −1 before the first. */
  offset: number
  line: number
  /** The lowest of the successes that were under way together with the last one, whose order is not known; Infinity = none. */
  lowestOverlapping: number
  /** Commits that may be carried out at any time: their outcome is not known. */
  readonly uncertain: Set<number>
  /** Under way now, by operation id. */
  readonly pending: Map<number, number>
}

export class Group {
  readonly name: string
  readonly isSolitary: boolean
  /** Whoever was a member at any time, as it was opened. */
  readonly members: OpenConsumerEvent[] = []
  readonly commits: Map<TopicPartition, CommitState> = new Map()
  /** Partitions in which a member sought its own way: what was passed over there says nothing. */
  readonly sought: Set<TopicPartition> = new Set()
  /** Offsets committed by transactions that did commit, the highest by partition. */
  readonly transactionalEnds: Map<TopicPartition, number> = new Map()

  constructor(name: string, isSolitary: boolean) {
    this.name = name
    this.isSolitary = isSolitary
  }

  get startsAtEarliest(): boolean {
    return this.members.length > 0 && this.members.every(({ reset }) => reset === 'earliest')
  }

  /** Some of its commits are not in the history. */
  get commitsUnseen(): boolean {
    return this.members.some(({ autoCommit }) => autoCommit === true)
  }

  commitOf(partition: TopicPartition): CommitState {
    let commit = this.commits.get(partition)
    if (commit === undefined) {
      commit = { offset: -1, line: 0, lowestOverlapping: Infinity, uncertain: new Set(), pending: new Map() }
      this.commits.set(partition, commit)
    }
    return commit
  }

  commitSucceeded(partition: TopicPartition, id: number, offset: number, invokedLine: number, line: number): void {
    const commit = this.commitOf(partition)
    commit.pending.delete(id)
    commit.lowestOverlapping = invokedLine < commit.line ? Math.min(commit.lowestOverlapping, commit.offset) : Infinity
    commit.offset = offset
    commit.line = line
  }

  /** `mayHappen`: the outcome is not known. */
  commitEnded(partition: TopicPartition, id: number, offset: number, mayHappen: boolean): void {
    const commit = this.commitOf(partition)
    commit.pending.delete(id)
    if (mayHappen) commit.uncertain.add(offset)
  }

  /** The lowest offset that the group's coordinator may answer with; −1 when there may be none. */
  lowestCommit(partition: TopicPartition): number {
    const commit = this.commits.get(partition)
    if (commit === undefined) return -1
    return Math.min(commit.offset, commit.lowestOverlapping, ...commit.uncertain, ...commit.pending.values())
  }
}
