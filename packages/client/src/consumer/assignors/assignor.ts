/** The seam for strategies that share out the partitions of a group. */

import type { TopicPartition } from '../../topic-partition.ts'

export interface AssignorMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  readonly userData: Buffer | null
  /** What it holds now, as far as it says. */
  readonly owned: readonly TopicPartition[]
  /** Generation that `owned` is from; −1 when unknown. */
  readonly generationId: number
}

export interface Assignor {
  /** As in the JoinGroup protocol; the same name means the same algorithm in every client of the group. */
  readonly protocolName: string
  /** Sent with the subscription. */
  readonly userData?: ((topics: readonly string[]) => Buffer | null) | undefined
  /** `partitionCounts` has the topics that exist. Every member has an entry in the result. */
  assign(partitionCounts: ReadonlyMap<string, number>, members: readonly AssignorMember[]): ReadonlyMap<string, TopicPartition[]>
}

/** The order in which Java's assignors deal: static members first, by instance id, then the others by member id. */
export function byMember(left: AssignorMember, right: AssignorMember): number {
  if (left.groupInstanceId !== null && right.groupInstanceId !== null) return compare(left.groupInstanceId, right.groupInstanceId)
  if (left.groupInstanceId !== null) return -1
  if (right.groupInstanceId !== null) return 1
  return compare(left.memberId, right.memberId)
}

/** By UTF-16 code units, as Java compares strings. */
export function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
