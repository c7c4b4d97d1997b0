/** A partition as metadata shows it to clients: there is one copy of each log, so a replica is in sync while its node runs. */

import { ErrorCodes } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import type { PartitionState } from '../metadata/topic.ts'
import { noLeader } from '../metadata/topic.ts'

export interface PartitionView {
  /** LEADER_NOT_AVAILABLE while the partition is offline. */
  readonly errorCode: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export function viewPartition({ leaderId, leaderEpoch, replicas }: PartitionState, cluster: Cluster): PartitionView {
  const isAvailable = cluster.nodes.has(leaderId)
  return {
    errorCode: isAvailable ? ErrorCodes.NONE : ErrorCodes.LEADER_NOT_AVAILABLE,
    leaderId: isAvailable ? leaderId : noLeader,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: inSyncReplicas(replicas, cluster),
    offlineReplicas: replicas.filter((replica) => !cluster.nodes.has(replica)),
  }
}

/** Never empty, as in Kafka: while no replica runs, the first one stands for the last that did. */
export function inSyncReplicas(replicas: readonly number[], { nodes }: Cluster): readonly number[] {
  const running = replicas.filter((replica) => nodes.has(replica))
  return running.length > 0 ? running : replicas.slice(0, 1)
}
