/** The seam for strategies that share out the partitions of a group. */

import type { TopicPartition } from '../../topic-partition.ts'

/**
 * How a group moves partitions (KIP-429). `eager`: every member gives up everything before it joins. `cooperative`: members keep what they
 * have while they join, and give up afterwards what the leader took from them; a partition that moves is assigned one rebalance later.
 */
export type RebalanceProtocol = 'eager' | 'cooperative'

/** A member as the leader sees it. */
export interface AssignorMember {
  readonly memberId: string
  /** Null for a dynamic member. */
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  /** What the member's own assignor of this name has sent along. */
  readonly userData: Buffer | null
  /** What it holds now, as far as it says. */
  readonly owned: readonly TopicPartition[]
  /** Generation that `owned` is from; −1 when unknown. */
  readonly generationId: number
  /** Its `client.rack`; null when it has none. */
  readonly rackId: string | null
}

/** Topics that exist. For each partition, by its number: the racks of its replicas as far as they are known. */
export type AssignorTopics = ReadonlyMap<string, readonly (readonly string[])[]>

/** What one member is given. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[]
  /** Handed to the member's `onAssignment`. */
  readonly userData?: Buffer | null
}

/** One consumer's own: it may keep state between rebalances. What it throws ends the membership and comes out of `poll()`, as cause of an error that names it. */
export interface Assignor {
  /** As in the JoinGroup protocol; the same name means the same algorithm in every client of the group. */
  readonly protocolName: string
  /** How its assignments may be carried out. `['eager']` by default. */
  readonly rebalanceProtocols?: readonly RebalanceProtocol[]
  /** Sent to the leader with the subscription, at every join. */
  subscriptionUserData?(topics: readonly string[]): Buffer | null
  /**
   * At the leader. A member that is missing in the result gets nothing. Every partition must be one of `topics`, and be given to one member at
   * most, which subscribes to its topic.
   */
  assign(topics: AssignorTopics, members: readonly AssignorMember[]): ReadonlyMap<string, Assignment>
  /** At every member, with what it was given, before the application is told. */
  onAssignment?(assignment: Assignment, generationId: number): void
}

/** An empty list for each member, to be filled. */
export function nobodyHasAny(members: readonly AssignorMember[]): Map<string, TopicPartition[]> {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}

/** For assignors that send nothing along. */
export function withoutUserData(dealt: ReadonlyMap<string, readonly TopicPartition[]>): ReadonlyMap<string, Assignment> {
  return new Map([...dealt].map(([memberId, partitions]) => [memberId, { partitions }]))
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

/** By topic, then by number. */
export function byPlace(left: TopicPartition, right: TopicPartition): number {
  return compare(left.topic, right.topic) || left.partition - right.partition
}
