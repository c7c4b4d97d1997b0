/** Which partition a record without one belongs to, as far as its content says. */

import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import { partitionOfKey } from './key-hash.ts'
import type { Partitioner } from './partitioner.ts'
import type { ProducerRecord } from './types.ts'

export interface PartitionChooserOptions<K, V> {
  readonly partitioner: Partitioner<K, V> | undefined
  readonly roundRobin: boolean
  readonly ignoreKeys: boolean
}

export class PartitionChooser<K, V> {
  readonly #options: PartitionChooserOptions<K, V>
  readonly #turns = new Map<string, number>()

  constructor(options: PartitionChooserOptions<K, V>) {
    this.#options = options
  }

  /** Undefined: any partition will do. */
  byKey(record: ProducerRecord<K, V>, key: Uint8Array | string | null, metadata: TopicMetadata): number | undefined {
    const { partitioner, roundRobin, ignoreKeys } = this.#options
    if (partitioner !== undefined) {
      const chosen = partitioner({
        topic: record.topic,
        key: record.key ?? null,
        value: record.value,
        keyBytes: typeof key === 'string' ? Buffer.from(key) : key,
        partitionCount: metadata.partitions.length,
        available: metadata.available,
      })
      if (chosen !== undefined) return chosen
    }
    if (roundRobin) return this.#inTurn(metadata)
    return key === null || ignoreKeys ? undefined : partitionOfKey(key, metadata.partitions.length)
  }

  #inTurn({ topic, available, partitions }: TopicMetadata): number {
    const turn = this.#turns.get(topic) ?? 0
    this.#turns.set(topic, (turn + 1) & 0x7fff_ffff)
    return available.length > 0 ? (available[turn % available.length] as number) : turn % partitions.length
  }
}
