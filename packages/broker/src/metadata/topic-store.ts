/** Topics: what there is, and how it is created, grown, configured and deleted. */

import { ErrorCodes, zeroUuid } from '@odradek/protocol'
import type { Random } from '@odradek/runtime'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { ClusterImage } from './cluster-image.ts'
import type { MetadataRecord } from './metadata-records.ts'
import { ResourceTypes } from './metadata-records.ts'
import type { Decision, MetadataStore } from './metadata-store.ts'
import type { Assignment, PlanContext, TopicSpec } from './topic-plan.ts'
import {
  checkConfigs,
  MetadataError,
  partitionsPerRequestMax,
  planGrowth,
  planTopic,
  tooManyPartitions,
  topicRecords,
} from './topic-plan.ts'
import { randomUuid } from './random-uuid.ts'
import { consumerOffsetsTopic, isInternalTopic, transactionStateTopic } from './topic-names.ts'
import type { Topic } from './topic.ts'

export type Outcome<Value> =
  | { readonly value: Value; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: MetadataError }

export interface PlannedTopic {
  /** The zero id when it was only validated. */
  readonly id: string
  readonly assignment: Assignment
  readonly configs: ReadonlyMap<string, string>
}

export interface Growth {
  readonly name: string
  readonly total: number
  readonly assignment: Assignment
}

export interface TopicStoreOptions {
  readonly metadata: MetadataStore
  readonly config: BrokerConfig
  readonly random: Random
  /** Ids of the nodes that may hold replicas, ascending. */
  readonly nodeIds: readonly number[]
  /** Those of them that run now. */
  readonly liveNodeIds: () => readonly number[]
  /** Takes the logs of a deleted topic off the disk. */
  readonly deleteLogs: (topic: Topic) => Promise<void>
}

export class TopicStore {
  readonly #options: TopicStoreOptions

  constructor(options: TopicStoreOptions) {
    this.#options = options
  }

  get(name: string): Topic | undefined {
    return this.#image.topic(name)
  }

  byId(id: string): Topic | undefined {
    return this.#image.topicById(id)
  }

  all(): IterableIterator<Topic> {
    return this.#image.topics()
  }

  /** Creates each topic whole or not at all, in one write; an outcome a spec, in order. Rejects when the metadata log cannot be written. */
  create(specs: readonly TopicSpec[], options: { readonly validateOnly: boolean }): Promise<Outcome<PlannedTopic>[]> {
    return this.#options.metadata.change((image) => this.#planAll(specs, image, options.validateOnly))
  }

  #planAll(specs: readonly TopicSpec[], image: ClusterImage, validateOnly: boolean): Decision<Outcome<PlannedTopic>[]> {
    const records: MetadataRecord[] = []
    const plan = this.#plan
    let partitions = 0
    const result = specs.map((spec) =>
      attempt((): PlannedTopic => {
        if (specs.some((other) => other !== spec && other.name === spec.name)) {
          throw new MetadataError(ErrorCodes.INVALID_REQUEST, 'Duplicate topic name.')
        }
        const { assignment, configs } = planTopic(spec, image, plan)
        partitions += assignment.length
        if (partitions > partitionsPerRequestMax) throw tooManyPartitions()
        if (validateOnly) return { id: zeroUuid, assignment, configs }
        const id = this.#newId()
        records.push(...topicRecords(spec.name, id, assignment, configs, plan.liveNodeIds))
        return { id, assignment, configs }
      }),
    )
    return { records, result }
  }

  /** The topic of this name, created with the broker's defaults when there is none. Rejects with MetadataError when it cannot be. */
  async ensure(name: string, partitions = -1, configs: ReadonlyMap<string, string> = new Map()): Promise<Topic> {
    const existing = this.get(name)
    if (existing !== undefined) return existing
    const settings = [...configs].map(([key, value]) => ({ name: key, value }))
    const spec: TopicSpec = { name, numPartitions: partitions, replicationFactor: -1, assignments: [], configs: settings }
    const [outcome] = await this.create([spec], { validateOnly: false })
    const created = this.get(name)
    if (created !== undefined) return created
    throw outcome?.error ?? new MetadataError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `Topic '${name}' was deleted while it was created.`)
  }

  /** `__consumer_offsets`, created on first use with Kafka's settings. */
  ensureConsumerOffsets(): Promise<Topic> {
    const { config } = this.#options
    const configs = new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', String(Math.max(1_048_576, config.get('offsets.topic.segment.bytes')))],
    ])
    return this.ensure(consumerOffsetsTopic, config.get('offsets.topic.num.partitions'), configs)
  }

  /** `__transaction_state`, likewise. */
  ensureTransactionState(): Promise<Topic> {
    const { config } = this.#options
    const configs = new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'uncompressed'],
      ['segment.bytes', String(Math.max(1_048_576, config.get('transaction.state.log.segment.bytes')))],
      ['unclean.leader.election.enable', 'false'],
    ])
    return this.ensure(transactionStateTopic, config.get('transaction.state.log.num.partitions'), configs)
  }

  /** Deletes a topic by name or id. Resolves when it is gone for good; its files follow. Rejects with MetadataError. */
  async delete(find: (image: ClusterImage) => Topic | undefined): Promise<Topic> {
    const deleted = await this.#options.metadata.change((image) => {
      const topic = find(image)
      if (topic === undefined)
        throw new MetadataError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
      if (isInternalTopic(topic.name)) throw new MetadataError(ErrorCodes.INVALID_REQUEST, `Topic '${topic.name}' is the broker's own.`)
      return { records: [{ type: 'remove-topic', topicId: topic.id }], result: topic }
    })
    await this.#options.deleteLogs(deleted)
    return deleted
  }

  /** Adds partitions. An outcome a growth, in order. */
  grow(growths: readonly Growth[], options: { readonly validateOnly: boolean }): Promise<Outcome<null>[]> {
    return this.#options.metadata.change((image) => {
      const records: MetadataRecord[] = []
      const result = growths.map((growth) =>
        attempt(() => {
          const topic = image.topic(growth.name)
          if (topic === undefined)
            throw new MetadataError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
          const added = planGrowth(topic, growth.total, growth.assignment, this.#plan)
          if (!options.validateOnly) records.push(...added)
          return null
        }),
      )
      return { records, result }
    })
  }

  /** Changes a topic's settings to what `next` makes of them; nothing is written when `validateOnly`. Rejects with MetadataError. */
  configure(
    name: string,
    next: (current: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
    validateOnly: boolean,
  ): Promise<void> {
    return this.#options.metadata.change((image) => {
      const topic = image.topic(name)
      if (topic === undefined) throw new MetadataError(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`)
      const wanted = next(topic.configs)
      checkConfigs(wanted)
      const records = validateOnly ? [] : configRecords(ResourceTypes.Topic, name, topic.configs, wanted)
      return { records, result: undefined }
    })
  }

  #newId(): string {
    for (;;) {
      const id = randomUuid(this.#options.random)
      if (this.byId(id) === undefined) return id
    }
  }

  get #plan(): PlanContext {
    const { config, nodeIds, liveNodeIds } = this.#options
    return { config, nodeIds, liveNodeIds: liveNodeIds() }
  }

  get #image(): ClusterImage {
    return this.#options.metadata.image
  }
}

/** The records that turn one set of settings into another. */
export function configRecords(
  resourceType: number,
  resourceName: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const [name, value] of after) {
    if (before.get(name) !== value) records.push({ type: 'config', resourceType, resourceName, name, value })
  }
  for (const name of before.keys()) {
    if (!after.has(name)) records.push({ type: 'config', resourceType, resourceName, name, value: null })
  }
  return records
}

function attempt<Value>(decide: () => Value): Outcome<Value> {
  try {
    return { value: decide() }
  } catch (error) {
    if (error instanceof MetadataError) return { error }
    throw error
  }
}
