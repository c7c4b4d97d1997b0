/** Which partition a record without one belongs to, as far as its content says. */

import type { TopicMetadata } from '../cluster/metadata-cache.ts'
import { StateError } from '../errors/kafka-error.ts'
import { partitionOfKey } from './key-hash.ts'
import type { Partitioner } from './partitioner.ts'
import type { ProducerRecord } from './types.ts'

/** What a partitioner may look at; of a record that waits, that is all there is. */
export type PartitionedRecord<K, V> = Pick<ProducerRecord<K, V>, 'topic' | 'key' | 'value'>

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

  /** Undefined: any partition will do. Throws what the application's partitioner throws, and StateError when it answers with no partition. */
  byKey(record: PartitionedRecord<K, V>, key: Uint8Array | string | null, metadata: TopicMetadata): number | undefined {
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
      if (chosen !== undefined) return checked(chosen, metadata)
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

function checked(chosen: number, { topic, partitions }: TopicMetadata): number {
  if (Number.isInteger(chosen) && chosen >= 0 && chosen < partitions.length) return chosen
  const last = partitions.length - 1
  throw new StateError(`The partitioner answered ${String(chosen)} for a record to '${topic}', not 0 to ${last} or undefined`)
}
