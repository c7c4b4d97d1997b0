/** What a crash during a deletion leaves behind: directories of topics that metadata says are gone. */

import type { Files } from '@odradek/runtime'
import type { Logger } from '../logger.ts'
import { readPartitionTopicId } from '../storage/partition-metadata.ts'
import type { ClusterImage } from './cluster-image.ts'
import { metadataTopic } from './topic-names.ts'

/** Removes them. What belongs to a topic that was never known here is left alone, and reported. */
export async function removeLeftovers(
  directories: readonly { readonly topic: string; readonly partition: number }[],
  dataDir: string,
  image: ClusterImage,
  files: Files,
  logger: Logger,
): Promise<void> {
  for (const { topic, partition } of directories) {
    if (topic === metadataTopic || image.topic(topic)?.partitions[partition] !== undefined) continue
    const path = `${dataDir}/${topic}-${partition}`
    const topicId = await readPartitionTopicId(files, path)
    if (topicId !== undefined && image.wasRemoved(topicId)) await files.removeDirectory(path)
    else logger.warn(`${path} belongs to no topic of this broker; it is left alone`)
  }
}
