/** A consumer group, or a consumer that has none: who owns what, and what is committed. */

import type { ConsumerState } from './consumer.ts'
import type { PartitionLog } from './partition-log.ts'

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
  readonly members: Set<ConsumerState> = new Set()
  readonly commits: Map<PartitionLog, CommitState> = new Map()
  /** Partitions in which a member sought its own way: what was passed over there says nothing. */
  readonly sought: Set<PartitionLog> = new Set()
  /** Offsets committed by transactions that did commit, the highest by partition. */
  readonly transactionalEnds: Map<PartitionLog, number> = new Map()

  constructor(name: string, isSolitary: boolean) {
    this.name = name
    this.isSolitary = isSolitary
  }

  get startsAtEarliest(): boolean {
    for (const { options } of this.members) if (options.reset !== 'earliest') return false
    return this.members.size > 0
  }

  /** Some of its commits are not in the history. */
  get commitsUnseen(): boolean {
    for (const { options } of this.members) if (options.autoCommit === true) return true
    return false
  }

  commitOf(log: PartitionLog): CommitState {
    let commit = this.commits.get(log)
    if (commit === undefined) {
      commit = { offset: -1, line: 0, lowestOverlapping: Infinity, uncertain: new Set(), pending: new Map() }
      this.commits.set(log, commit)
    }
    return commit
  }

  commitSucceeded(log: PartitionLog, id: number, offset: number, invokedLine: number, line: number): void {
    const commit = this.commitOf(log)
    commit.pending.delete(id)
    commit.lowestOverlapping = invokedLine < commit.line ? Math.min(commit.lowestOverlapping, commit.offset) : Infinity
    commit.offset = offset
    commit.line = line
  }

  /** `mayHappen`: the outcome is not known. */
  commitEnded(log: PartitionLog, id: number, offset: number, mayHappen: boolean): void {
    const commit = this.commitOf(log)
    commit.pending.delete(id)
    if (mayHappen) commit.uncertain.add(offset)
  }

  /** The lowest offset that the group's coordinator may answer with; −1 when there may be none. */
  lowestCommit(log: PartitionLog): number {
    const commit = this.commits.get(log)
    if (commit === undefined) return -1
    return Math.min(commit.offset, commit.lowestOverlapping, ...commit.uncertain, ...commit.pending.values())
  }
}
