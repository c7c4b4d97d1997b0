/** The state that the metadata log adds up to: replaying its records is the only way that it changes. */

import { ClientQuotas } from './client-quotas.ts'
import type { MetadataRecord, PartitionRecord } from './metadata-records.ts'
import { ResourceTypes } from './metadata-records.ts'
import { collisionKey, isInternalTopic } from './topic-names.ts'
import type { Topic } from './topic.ts'

const noConfigs: ReadonlyMap<string, string> = new Map()

export class ClusterImage {
  readonly quotas: ClientQuotas = new ClientQuotas()
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()
  readonly #byCollisionKey = new Map<string, string>()
  readonly #configs = new Map<string, Map<string, string>>()
  readonly #removedIds = new Set<string>()
  #nextProducerId = 0

  topic(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  topicById(id: string): Topic | undefined {
    return this.#byId.get(id)
  }

  /** The existing topic whose name differs from `name` in '.' and '_' alone. */
  collidingTopic(name: string): string | undefined {
    return this.#byCollisionKey.get(collisionKey(name))
  }

  topics(): IterableIterator<Topic> {
    return this.#byName.values()
  }

  get topicCount(): number {
    return this.#byName.size
  }

  get partitionCount(): number {
    let count = 0
    for (const topic of this.#byName.values()) count += topic.partitions.length
    return count
  }

  /** The settings of any resource, by Kafka's resource type and name. */
  configs(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#configs.get(configKey(resourceType, resourceName)) ?? noConfigs
  }

  /** The names of all resources of a type that have settings. */
  configuredResources(resourceType: number): string[] {
    const prefix = configKey(resourceType, '')
    return [...this.#configs.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  }

  get nextProducerId(): number {
    return this.#nextProducerId
  }

  /** Whether a topic of this id was deleted, so that what is left of it on disk may go. */
  wasRemoved(topicId: string): boolean {
    return this.#removedIds.has(topicId)
  }

  apply(record: MetadataRecord): void {
    switch (record.type) {
      case 'topic':
        this.#put({ name: record.name, id: record.topicId, isInternal: isInternalTopic(record.name), partitions: [], configs: noConfigs })
        return
      case 'partition':
        this.#applyPartition(record)
        return
      case 'config':
        this.#applyConfig(record.resourceType, record.resourceName, record.name, record.value)
        return
      case 'remove-topic':
        this.#remove(record.topicId)
        return
      case 'client-quota':
        this.quotas.apply(record)
        return
      case 'producer-ids':
        this.#nextProducerId = record.nextProducerId
    }
  }

  #applyPartition({ topicId, partition, replicas, leader, leaderEpoch, partitionEpoch }: PartitionRecord): void {
    const topic = this.#byId.get(topicId)
    if (topic === undefined) return
    const partitions = [...topic.partitions]
    partitions[partition] = { replicas, leaderId: leader, leaderEpoch, partitionEpoch }
    this.#put({ ...topic, partitions })
  }

  #applyConfig(resourceType: number, resourceName: string, name: string, value: string | null): void {
    const key = configKey(resourceType, resourceName)
    const configs = new Map(this.#configs.get(key))
    if (value === null) configs.delete(name)
    else configs.set(name, value)
    if (configs.size === 0) this.#configs.delete(key)
    else this.#configs.set(key, configs)
    const topic = resourceType === ResourceTypes.Topic ? this.#byName.get(resourceName) : undefined
    if (topic !== undefined) this.#put({ ...topic, configs })
  }

  #put(topic: Topic): void {
    this.#byName.set(topic.name, topic)
    this.#byId.set(topic.id, topic)
    this.#byCollisionKey.set(collisionKey(topic.name), topic.name)
  }

  #remove(topicId: string): void {
    const topic = this.#byId.get(topicId)
    if (topic === undefined) return
    this.#byId.delete(topicId)
    this.#byName.delete(topic.name)
    this.#byCollisionKey.delete(collisionKey(topic.name))
    this.#configs.delete(configKey(ResourceTypes.Topic, topic.name))
    this.#removedIds.add(topicId)
  }
}

function configKey(resourceType: number, resourceName: string): string {
  return `${resourceType}/${resourceName}`
}
