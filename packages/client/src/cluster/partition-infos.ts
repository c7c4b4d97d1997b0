/** Metadata in the form that applications see. */

import type { PartitionInfo } from '../topic-partition.ts'
import type { TopicMetadata } from './metadata-cache.ts'

export function partitionInfos({ topic, partitions }: TopicMetadata): readonly PartitionInfo[] {
  return partitions.map((partition) => ({ topic, ...partition }))
}
