/**
 * Who leads a partition. A leader that is gone is replaced by the first replica that is there, or by none; a move, an election and a
 * replacement each begin a new leader epoch. All of it is written to the metadata log, so leaders are where they were after a restart.
 */

import { ErrorCodes } from '@odradek/protocol'
import type { ClusterImage } from './cluster-image.ts'
import type { PartitionRecord } from './metadata-records.ts'
import type { MetadataStore } from './metadata-store.ts'
import { MetadataError } from './topic-plan.ts'
import type { PartitionState, Topic } from './topic.ts'
import { leaderAmong, noLeader } from './topic.ts'

export class Leadership {
  readonly #metadata: MetadataStore
  readonly #nodeIds: readonly number[]
  readonly #liveNodeIds: () => readonly number[]

  /** `nodeIds`: every node, `liveNodeIds`: those that run now. */
  constructor(metadata: MetadataStore, nodeIds: readonly number[], liveNodeIds: () => readonly number[]) {
    this.#metadata = metadata
    this.#nodeIds = nodeIds
    this.#liveNodeIds = liveNodeIds
  }

  /**
   * Makes `nodeId` the leader; nothing happens when it is already. A node that has no replica takes the old leader's place among them,
   * as after a reassignment. Rejects with MetadataError when there is no such partition or when the node does not run.
   */
  move(topicName: string, partition: number, nodeId: number): Promise<void> {
    return this.#metadata.change((image) => {
      const { topic, state } = partitionOf(image, topicName, partition)
      if (!this.#liveNodeIds().includes(nodeId))
        throw new MetadataError(ErrorCodes.BROKER_NOT_AVAILABLE, `Node ${nodeId} does not run, so it cannot lead ${topicName}-${partition}`)
      if (state.leaderId === nodeId) return { records: [], result: undefined }
      const replaced = state.replicas.includes(state.leaderId) ? state.leaderId : state.replicas[0]
      const replicas = state.replicas.includes(nodeId)
        ? state.replicas
        : state.replicas.map((replica) => (replica === replaced ? nodeId : replica))
      return { records: [nextRecord(topic, partition, state, nodeId, replicas)], result: undefined }
    })
  }

  /** Replaces every leader that does not run, and gives the partitions that are offline a leader where a replica runs again. */
  settle(): Promise<void> {
    return this.#metadata.change((image) => {
      const live = this.#liveNodeIds()
      const records: PartitionRecord[] = []
      for (const topic of image.topics()) {
        for (const [partition, state] of topic.partitions.entries()) {
          const record = live.includes(state.leaderId) ? undefined : this.#replacement(topic, partition, state, live)
          if (record !== undefined) records.push(record)
        }
      }
      return { records, result: undefined }
    })
  }

  /**
   * Gives partitions back to their preferred leaders, the first of their replicas. Resolves to Kafka's error code for each, in order;
   * ELECTION_NOT_NEEDED where the preferred one leads.
   */
  electPreferred(wanted: readonly { readonly topic: string; readonly partition: number }[]): Promise<number[]> {
    return this.#metadata.change((image) => {
      const records: PartitionRecord[] = []
      const result = wanted.map(({ topic: name, partition }) => {
        const topic = image.topic(name)
        const state = topic?.partitions[partition]
        if (topic === undefined || state === undefined) return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
        const preferred = state.replicas[0] ?? noLeader
        if (state.leaderId === preferred) return ErrorCodes.ELECTION_NOT_NEEDED
        if (!this.#liveNodeIds().includes(preferred)) return ErrorCodes.PREFERRED_LEADER_NOT_AVAILABLE
        records.push(nextRecord(topic, partition, state, preferred, state.replicas))
        return ErrorCodes.NONE
      })
      return { records, result }
    })
  }

  #replacement(topic: Topic, partition: number, state: PartitionState, live: readonly number[]): PartitionRecord | undefined {
    const isAnyKnown = state.replicas.some((replica) => this.#nodeIds.includes(replica))
    // The directory was written by more nodes than there are now: its data must not become unreachable.
    const replicas = isAnyKnown ? state.replicas : [this.#nodeIds[partition % this.#nodeIds.length] ?? noLeader]
    const leader = leaderAmong(replicas, live)
    return leader === state.leaderId ? undefined : nextRecord(topic, partition, state, leader, replicas)
  }
}

function partitionOf(image: ClusterImage, name: string, partition: number): { topic: Topic; state: PartitionState } {
  const topic = image.topic(name)
  const state = topic?.partitions[partition]
  if (topic === undefined || state === undefined)
    throw new MetadataError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `There is no partition ${name}-${partition}`)
  return { topic, state }
}

function nextRecord(
  topic: Topic,
  partition: number,
  { leaderEpoch, partitionEpoch }: PartitionState,
  leader: number,
  replicas: readonly number[],
): PartitionRecord {
  const epochs = { leaderEpoch: leaderEpoch + 1, partitionEpoch: partitionEpoch + 1 }
  return { type: 'partition', topicId: topic.id, partition, replicas, leader, ...epochs }
}
