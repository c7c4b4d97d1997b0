/** What metadata says of a topic. Values are replaced, never changed: whoever holds one sees a state that was once true. */

export interface PartitionState {
  /** Node ids; the first is the preferred leader. */
  readonly replicas: readonly number[]
  /** `noLeader` while the partition is offline. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

export interface Topic {
  readonly name: string
  /** Base64url, 22 characters. Never used again, not even by a topic of the same name. */
  readonly id: string
  readonly isInternal: boolean
  /** By partition number. */
  readonly partitions: readonly PartitionState[]
  /** The topic's own settings as text. */
  readonly configs: ReadonlyMap<string, string>
}

/** In place of a leader's id: the partition is offline. */
export const noLeader = -1

/** The first replica that runs; `noLeader` when none does. */
export function leaderAmong(replicas: readonly number[], liveNodeIds: readonly number[]): number {
  return replicas.find((replica) => liveNodeIds.includes(replica)) ?? noLeader
}
