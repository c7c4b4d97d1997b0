/** The seam between a record and its partition. */

/** What a custom partitioner may look at. */
export interface PartitionContext<K, V> {
  readonly topic: string
  readonly key: K | null
  readonly value: V | null
  /** The key as it is written. */
  readonly keyBytes: Uint8Array | null
  readonly partitionCount: number
  /** Partitions that have a leader now, in ascending order. */
  readonly available: readonly number[]
}

/**
 * Returns a partition in [0, partitionCount), or undefined to leave the choice to the default partitioner; anything else fails the record. Called
 * once a record: within `send()`, or when the topic's metadata and the key's bytes are there.
 */
export type Partitioner<K, V> = (context: PartitionContext<K, V>) => number | undefined
