/** What the cluster last said about its nodes and topics. */

import type { MetadataResponse, MetadataResponseTopic } from '@odradek/protocol'
import { ErrorCodes } from '@odradek/protocol'
import type { HostPort } from './bootstrap-servers.ts'

export interface Node extends HostPort {
  readonly id: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** −1 when there is none. */
  readonly leader: number
  /** −1 when unknown. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicMetadata {
  readonly topic: string
  readonly topicId: string
  readonly internal: boolean
  /** Not 0: the topic is not usable now, `partitions` is empty. */
  readonly errorCode: number
  /** By partition number. */
  readonly partitions: readonly PartitionMetadata[]
  /** Partitions that have a leader, ascending. */
  readonly available: readonly number[]
}

export class MetadataCache {
  clusterId: string | null = null
  controllerId = -1
  nodes: ReadonlyMap<number, Node> = new Map()
  readonly #topics = new Map<string, TopicMetadata>()

  topic(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic)
  }

  /** Undefined when the partition is unknown or has no leader. */
  leader(topic: string, partition: number): Node | undefined {
    const leader = this.#topics.get(topic)?.partitions[partition]?.leader
    return leader === undefined ? undefined : this.nodes.get(leader)
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  /** Forgets the nodes, and who leads what; topics keep their partitions. */
  reset(): void {
    this.nodes = new Map()
    this.#forgetLeaders()
  }

  /** Topics that the response does not mention stay as they are. */
  update(response: MetadataResponse): void {
    // Another cluster counts its epochs anew.
    if (this.clusterId !== null && response.clusterId !== this.clusterId) this.#forgetLeaders()
    this.clusterId = response.clusterId
    this.controllerId = response.controllerId
    if (response.brokers.length > 0) {
      this.nodes = new Map(
        response.brokers.map(({ nodeId, host, port, rack }): [number, Node] => [nodeId, { id: nodeId, host, port, rack }]),
      )
    }
    for (const topic of response.topics) {
      if (topic.name !== null) this.#topics.set(topic.name, describeTopic(topic, topic.name, this.#topics.get(topic.name)))
    }
  }

  #forgetLeaders(): void {
    for (const [name, topic] of this.#topics) {
      const partitions = topic.partitions.map((partition) => ({ ...partition, leader: -1, leaderEpoch: -1 }))
      this.#topics.set(name, { ...topic, partitions })
    }
  }
}

export function describeTopic(topic: MetadataResponseTopic, name: string, previous?: TopicMetadata): TopicMetadata {
  const known = previous?.topicId === topic.topicId ? previous : undefined
  const partitions = topic.partitions
    .map((partition): PartitionMetadata => {
      const fresh = {
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
        offlineReplicas: partition.offlineReplicas,
      }
      // A broker that lags behind may still tell of an earlier leader.
      const old = known?.partitions[partition.partitionIndex]
      return old !== undefined && fresh.leaderEpoch >= 0 && fresh.leaderEpoch < old.leaderEpoch ? old : fresh
    })
    .sort((left, right) => left.partition - right.partition)
  return {
    topic: name,
    topicId: topic.topicId,
    internal: topic.isInternal,
    errorCode: topic.errorCode,
    partitions: topic.errorCode === ErrorCodes.NONE ? partitions : [],
    available: partitions.filter(({ leader }) => leader >= 0).map(({ partition }) => partition),
  }
}
