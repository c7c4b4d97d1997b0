/** From a record to the queue of its partition: named, by its key, as the application decides, or where the topic's sticky partition is now. */

import type { Cluster } from '../cluster/cluster.ts'
import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import type { ProducerValues } from '../config/producer.ts'
import type { Serialized } from '../serde/serde.ts'
import type { Accumulator } from './accumulator.ts'
import type { PartitionedRecord } from './partition-chooser.ts'
import { PartitionChooser } from './partition-chooser.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { Partitioner } from './partitioner.ts'
import type { RecordEncoder } from './record-encoder.ts'
import { StickyPartition } from './sticky.ts'

const ANY_PARTITION = -1

export interface PlacementOptions<K, V> {
  readonly cluster: Cluster
  readonly config: ProducerValues
  readonly accumulator: Accumulator
  readonly partitioner: Partitioner<K, V> | undefined
  /** For how long a node has not taken batches that are ready, in milliseconds. */
  readonly stalledMs: (nodeId: number) => number
}

export class Placement<K, V> {
  readonly #options: PlacementOptions<K, V>
  readonly #chooser: PartitionChooser<K, V>
  /** KIP-480: a new batch is another partition's, however little went into the one before. */
  readonly #rotatesWithBatch: boolean

  constructor(options: PlacementOptions<K, V>) {
    const { partitionerClass, partitionerIgnoreKeys } = options.config
    this.#options = options
    this.#rotatesWithBatch = partitionerClass === 'sticky' || partitionerClass === 'uniform-sticky'
    this.#chooser = new PartitionChooser({
      partitioner: options.partitioner,
      roundRobin: partitionerClass === 'round-robin',
      ignoreKeys: partitionerIgnoreKeys || partitionerClass === 'uniform-sticky',
    })
  }

  /** The state of one topic. */
  sticky(topic: string): StickyPartition {
    const { cluster, config, accumulator, stalledMs } = this.#options
    const { batchSize, partitionerAdaptivePartitioningEnable, partitionerAvailabilityTimeoutMs: timeoutMs } = config
    return new StickyPartition(
      {
        random: cluster.runtime.random,
        switchBytes: Math.max(1, batchSize),
        isAdaptive: partitionerAdaptivePartitioningEnable && !this.#rotatesWithBatch,
      },
      {
        waiting: (partition) => accumulator.queue(topic, partition).waiting.length,
        isTaken: (partition) => {
          if (timeoutMs === 0 || accumulator.queue(topic, partition).waiting.length === 0) return true
          const leader = cluster.metadata.leader(topic, partition)
          return leader === undefined || stalledMs(leader.id) <= timeoutMs
        },
      },
    )
  }

  /** The partition that a record's content asks for; −1: any will do. Throws as the application's partitioner does. */
  choose(record: PartitionedRecord<K, V>, key: Serialized, metadata: TopicMetadata): number {
    return this.#chooser.byKey(record, key, metadata) ?? ANY_PARTITION
  }

  /** Of the record that `encoder` holds, once its partition is chosen. */
  queue(partition: number, encoder: RecordEncoder<K, V>, metadata: TopicMetadata, sticky: StickyPartition): PartitionQueue {
    if (partition === ANY_PARTITION) return this.#stickyQueue(encoder, metadata, sticky)
    return this.#options.accumulator.queue(metadata.topic, partition)
  }

  #stickyQueue(encoder: RecordEncoder<K, V>, metadata: TopicMetadata, sticky: StickyPartition): PartitionQueue {
    const { accumulator } = this.#options
    const { topic, available, partitions } = metadata
    const queue = accumulator.queue(topic, sticky.choose(available, partitions.length))
    if (!sticky.hasRecords || (queue.open === undefined && !this.#rotatesWithBatch)) return queue
    if (queue.open !== undefined && accumulator.hasRoom(queue.open, encoder)) return queue
    accumulator.close(queue)
    return accumulator.queue(topic, sticky.rotate(available, partitions.length))
  }
}
