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

interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

interface NodeHint extends HostPort {
  readonly nodeId: number
  readonly rack: string | null
}

export class MetadataCache {
  clusterId: string | null = null
  controllerId = -1
  nodes: ReadonlyMap<number, Node> = new Map()
  readonly #topics = new Map<string, TopicMetadata>()

  topic(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic)
  }

  /** All that are known. */
  get topics(): Iterable<TopicMetadata> {
    return this.#topics.values()
  }

  /** Undefined when the partition is unknown or has no leader. */
  leader(topic: string, partition: number): Node | undefined {
    const leader = this.#topics.get(topic)?.partitions[partition]?.leader
    return leader === undefined ? undefined : this.nodes.get(leader)
  }

  /** −1 when unknown. */
  leaderEpoch(topic: string, partition: number): number {
    return this.#topics.get(topic)?.partitions[partition]?.leaderEpoch ?? -1
  }

  /** What a broker that does not lead says of the one that does (KIP-951); false when that is nothing new. */
  learnLeader(topic: string, partition: number, { leaderId, leaderEpoch }: LeaderHint, endpoints: readonly NodeHint[]): boolean {
    const known = this.#topics.get(topic)
    const old = known?.partitions[partition]
    if (known === undefined || old === undefined || leaderId < 0 || leaderEpoch <= old.leaderEpoch) return false
    const node = endpoints.find(({ nodeId }) => nodeId === leaderId)
    if (node === undefined && !this.nodes.has(leaderId)) return false
    if (node !== undefined)
      this.nodes = new Map(this.nodes).set(leaderId, { id: leaderId, host: node.host, port: node.port, rack: node.rack })
    const partitions = known.partitions.map((each) => (each === old ? { ...old, leader: leaderId, leaderEpoch } : each))
    const available = partitions.filter(({ leader }) => leader >= 0).map((each) => each.partition)
    this.#topics.set(topic, { ...known, partitions, available })
    return true
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  /** Forgets the nodes, and who leads what; topics keep their partitions. */
  reset(): void {
    this.nodes = new Map()
    this.#forgetLeaders()
  }

  /** Topics that the response does not mention stay as they are, unless it is about all there are. */
  update(response: MetadataResponse, isOfAll = false): void {
    // Another cluster counts its epochs anew.
    if (this.clusterId !== null && response.clusterId !== this.clusterId) this.#forgetLeaders()
    this.clusterId = response.clusterId
    this.controllerId = response.controllerId
    if (response.brokers.length > 0) {
      this.nodes = new Map(
        response.brokers.map(({ nodeId, host, port, rack }): [number, Node] => [nodeId, { id: nodeId, host, port, rack }]),
      )
    }
    if (isOfAll) {
      const named = new Set(response.topics.map(({ name }) => name))
      for (const topic of this.#topics.keys()) if (!named.has(topic)) this.#topics.delete(topic)
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
